// Follows the growing conversation while the person is at its end, and lets go the moment they scroll up.

const NEAR = 96; // px

export class Follow {
  constructor(content, onChange) {
    this.following = true;
    this.wanted = false; // somebody asked for the end: they are left there
    this.onChange = onChange;
    this.last = 0;
    window.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    window.addEventListener("wheel", ({ deltaY }) => deltaY < 0 && window.scrollY > 0 && (this.following = false), { passive: true });
    new ResizeObserver(() => this.#grew()).observe(content);
    window.addEventListener("resize", () => this.#grew());
  }

  get distance() {
    const root = document.documentElement;
    return root.scrollHeight - window.innerHeight - window.scrollY;
  }

  /** A new question: from here on its answer is followed. */
  begin() {
    this.wanted = false;
    this.toEnd();
  }

  /** The button. */
  latest() {
    this.wanted = true;
    this.toEnd(true);
  }

  toEnd(smooth = false) {
    this.following = true;
    window.scrollTo({ top: document.documentElement.scrollHeight, behavior: smooth && !calm() ? "smooth" : "instant" });
    this.last = window.scrollY; // whatever moves it up from here is the person's own doing
    this.onChange(true);
  }

  /** Show a finished turn from its beginning, where it does not fit: its sources must not push the answer out of sight. */
  settle(turn) {
    if (!this.following || this.wanted || !turn || document.querySelector("dialog[open]")) return;
    const top = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;
    const dock = document.getElementById("dock")?.offsetHeight ?? 0;
    if (turn.offsetHeight + top <= window.innerHeight - dock) return;
    this.following = false;
    turn.scrollIntoView({ block: "start", behavior: calm() ? "instant" : "smooth" });
  }

  #scrolled() {
    const up = window.scrollY < this.last - 1;
    this.last = window.scrollY;
    if (this.distance < 4) this.following = true;
    else if (up && this.distance > 4) this.following = false;
    this.onChange(this.distance < NEAR);
  }

  #grew() {
    if (this.following && !document.body.classList.contains("is-empty") && !document.querySelector("dialog[open]")) this.toEnd();
    else this.onChange(this.distance < NEAR);
  }
}

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
