// Everything that an operator changes: the house's host, and its paths.
const HOST = "example.com";

module.exports = {
  files: "https://" + HOST, // in front of the paths of pictures and sounds
  socket: "wss://" + HOST + "/douyin/ws",
  login: "https://" + HOST + "/douyin/api/login",
  logout: "https://" + HOST + "/douyin/api/logout",
  voice: "https://" + HOST + "/douyin/api/voice",
  pictures: "https://" + HOST + "/douyin/api/pictures",
  subscriptions: "https://" + HOST + "/douyin/api/subscriptions",
};
