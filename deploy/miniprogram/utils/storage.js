// What is kept between visits: the session, the last frame, the member's choices.
const storage = {
  get(key) {
    try {
      return tt.getStorageSync("yinlu." + key);
    } catch (error) {
      return "";
    }
  },
  set(key, value) {
    try {
      tt.setStorageSync("yinlu." + key, value);
    } catch (error) {
      console.warn("storage is full", error);
    }
  },
};

module.exports = { storage };
