"""The Douyin mini program: login, the page's protocol at ``/douyin/ws``, uploads, content safety, webhooks."""
