// The search. It loads one shard of each segment, that of the longest word, and uFuzzy finds the
// posts that have all the words in what was loaded. edgefeed/search.py makes the shards: both cut
// words alike.
(() => {
  const box = document.querySelector(".search");
  const [form, field, found, list] =
    ["form", "input", ".found", "ol"].map((selector) => box.querySelector(selector));
  const cjk = "\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7af";
  const word = new RegExp(`[${cjk}]|(?:(?![${cjk}])[\\p{L}\\p{N}])+`, "gu");
  const plain = (text) =>
    text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").normalize("NFC").toLowerCase();
  const words = (text) => plain(text).match(word) || [];
  // Letter by letter, so that a place in it is a place in the text.
  const bare = (text) => text.replace(/[^\0-\x7f]/gu, (letter) => {
    const simple = plain(letter);
    return simple.length === letter.length ? simple : letter;
  });
  const matcher = (mistakes) => new uFuzzy({
    unicode: true,
    interSplit: "[^\\p{L}\\p{N}']+",
    intraSplit: "\\p{Ll}\\p{Lu}",
    intraBound: "\\p{L}\\p{N}|\\p{N}\\p{L}|\\p{Ll}\\p{Lu}",
    intraChars: "[\\p{L}\\p{N}']",
    intraContr: "'\\p{L}{1,2}\\b",
    interLft: 1, // a word, or the beginning of one
    intraMode: mistakes,
  });
  const matchers = [matcher(0), matcher(1)];
  const loaded = new Map();

  function shardOf(start, shards) {
    let value = 0;
    for (const letter of start) value = (value * 31 + letter.codePointAt(0)) % 65521;
    return value % shards;
  }

  function load(path) {
    if (!loaded.has(path)) {
      loaded.set(path, fetch(path).then((answer) => {
        if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
        return answer.json();
      }));
      loaded.get(path).catch(() => loaded.delete(path));
    }
    return loaded.get(path);
  }

  function post([title, path, day, tags, series]) {
    const about = [series, tags.map((tag) => `#${tag}`).join("  ")].filter(Boolean).join(" · ");
    return { title: title.normalize("NFC"), about: about.normalize("NFC"), path, day };
  }

  async function matches(query) {
    const longest = words(query).reduce((a, b) => (b.length > a.length ? b : a));
    const start = [...longest].slice(0, 3).join("");
    const counts = box.dataset.shards.split(" ").filter(Boolean);
    const parts = await Promise.all(counts.map((count, number) =>
      load(`/search/${number}/${shardOf(start, Number(count))}.json`)));
    const posts = parts.reverse().flat().map(post);
    const texts = posts.map(({ title, about }) => bare(`${title}\n${about}`));
    for (const matcher of matchers) { // with a slip of the fingers in a word only if need be
      const [rows, info] = matcher.search(texts, bare(query.normalize("NFC")), 5, Infinity);
      if (!rows?.length) continue;
      const all = info.idx.map((row, at) => ({ ...posts[row], ranges: info.ranges[at] }));
      // A title that has all the words comes before one whose tags do; then the newest first.
      const named = ({ title, ranges }) => ranges.at(-1) <= title.length;
      return [...all.filter(named), ...all.filter((one) => !named(one))];
    }
    return [];
  }

  function marked(text, from, ranges) {
    const parts = [];
    let end = 0;
    for (let at = 0; at < ranges.length; at += 2) {
      const [first, last] = [ranges[at] - from, ranges[at + 1] - from];
      if (first < end || last > text.length) continue;
      const mark = document.createElement("mark");
      mark.textContent = text.slice(first, last);
      parts.push(text.slice(end, first), mark);
      end = last;
    }
    return [...parts, text.slice(end)];
  }

  const months = box.dataset.months.split(" ");
  function date(day) {
    const [year, month, number] = day.split("-").map(Number);
    const parts = { day: number, mon: months[month - 1], year };
    return box.dataset.date.replace(/\{(\w+)\}/g, (_, name) => parts[name]);
  }

  function line({ title, about, path, day, ranges }) {
    const item = document.createElement("li");
    const time = document.createElement("time");
    time.dateTime = day;
    time.textContent = date(day);
    const link = document.createElement("a");
    link.href = path;
    link.append(...(title ? marked(title, 0, ranges) : [box.dataset.note]));
    const more = document.createElement("p");
    more.append(...marked(about, title.length + 1, ranges));
    const text = document.createElement("div");
    text.append(link, more);
    item.append(time, text);
    return item;
  }

  let latest = 0;
  async function search() {
    const turn = ++latest;
    const query = words(field.value).length ? field.value : "";
    const url = new URL(location.href);
    if (query) url.searchParams.set("q", query);
    else url.searchParams.delete("q");
    history.replaceState(null, "", url);
    let posts = [];
    try {
      if (query) posts = await matches(query);
    } catch {
      if (turn === latest) { list.replaceChildren(); found.textContent = box.dataset.failed; }
      return;
    }
    if (turn !== latest) return;
    list.replaceChildren(...posts.slice(0, 100).map(line));
    const { one, many, none } = box.dataset;
    const told = posts.length ? (posts.length === 1 ? one : many).replace("{n}", posts.length) : none;
    found.textContent = query ? told : "";
  }
  let waiting;
  form.addEventListener("submit", (event) => { event.preventDefault(); search(); });
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, 150);
  });
  // Arrows go through what was found, a slash back to the field.
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== field) {
      event.preventDefault();
      field.select();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const places = [field, ...list.querySelectorAll("a")];
    const at = places.indexOf(document.activeElement);
    if (!step || at < 0 || !places[at + step]) return;
    event.preventDefault();
    places[at + step].focus();
  });

  field.value = new URLSearchParams(location.search).get("q") || "";
  if (field.value) search();
})();
