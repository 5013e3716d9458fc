const rss = require("@11ty/eleventy-plugin-rss");
const highlight = require("@11ty/eleventy-plugin-syntaxhighlight");
module.exports = function (config) {
  config.addPlugin(rss.default || rss);
  config.addPlugin(highlight.default || highlight);
  config.setQuietMode(true);
  return { dir: { input: "content", output: "public" }, markdownTemplateEngine: false };
};
