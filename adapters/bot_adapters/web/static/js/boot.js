// Runs before the first paint, so that neither the theme nor the language flickers. A classic script: modules come too late.
(function () {
  "use strict";
  var root = document.documentElement;
  function kept(name) {
    try { return JSON.parse(localStorage.getItem("yinlu." + name)); } catch { return null; }
  }
  var theme = kept("theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  var locale = kept("locale");
  if (locale !== "zh" && locale !== "en") locale = /^zh\b/i.test(navigator.language || "") ? "zh" : "en";
  root.lang = locale === "zh" ? "zh-CN" : "en";
})();
