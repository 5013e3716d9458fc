// The search. It loads one shard of each segment, that of the longest word, and looks for the
// other words in what it loaded. edgefeed/search.py makes the shards: both cut words alike.
(() => {
  const box = document.querySelector(".search");
  const [form, field, found, list] =
    ["form", "input", ".found", "ol"].map((selector) => box.querySelector(selector));
  const cjk = "\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7af";
  const word = new RegExp(`[${cjk}]|(?:(?![${cjk}])[\\p{L}\\p{N}])+`, "gu");
  const shown = new RegExp(`[${cjk}]|(?:(?![${cjk}])[\\p{L}\\p{N}\\p{M}])+`, "gu");
  const plain = (text) =>
    text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").normalize("NFC").toLowerCase();
  const words = (text) => plain(text).match(word) || [];
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

  async function matches(wanted) {
    const longest = wanted.reduce((a, b) => (b.length > a.length ? b : a));
    const start = [...longest].slice(0, 3).join("");
    const counts = box.dataset.shards.split(" ").filter(Boolean);
    const parts = await Promise.all(counts.map((count, number) =>
      load(`/search/${number}/${shardOf(start, Number(count))}.json`)));
    // A title that has all the words comes before one whose tags do; then the newest first.
    const every = (text) => {
      const has = words(text);
      return wanted.every((one) => has.some((other) => other.startsWith(one)));
    };
    const rows = parts.reverse().flat()
      .filter(([title, , , tags, series]) => every([title, ...tags, series].join(" ")));
    return [...rows.filter(([title]) => every(title)), ...rows.filter(([title]) => !every(title))];
  }

  function marked(text, wanted) {
    const parts = [];
    let end = 0;
    for (const { 0: one, index } of text.matchAll(shown)) {
      if (!words(one).some((own) => wanted.some((other) => own.startsWith(other)))) continue;
      const mark = document.createElement("mark");
      mark.textContent = one;
      parts.push(text.slice(end, index), mark);
      end = index + one.length;
    }
    return [...parts, text.slice(end)];
  }

  const months = box.dataset.months.split(" ");
  function date(day) {
    const [year, month, number] = day.split("-").map(Number);
    const parts = { day: number, mon: months[month - 1], year };
    return box.dataset.date.replace(/\{(\w+)\}/g, (_, name) => parts[name]);
  }

  function line([title, path, day, tags, series], wanted) {
    const item = document.createElement("li");
    const time = document.createElement("time");
    time.dateTime = day;
    time.textContent = date(day);
    const link = document.createElement("a");
    link.href = path;
    link.append(...marked(title || box.dataset.note, wanted));
    const more = document.createElement("p");
    const about = [series, tags.map((tag) => `#${tag}`).join("  ")].filter(Boolean).join(" · ");
    more.append(...marked(about, wanted));
    const text = document.createElement("div");
    text.append(link, more);
    item.append(time, text);
    return item;
  }

  let latest = 0;
  async function search() {
    const turn = ++latest;
    const wanted = words(field.value);
    const url = new URL(location.href);
    if (wanted.length) url.searchParams.set("q", field.value);
    else url.searchParams.delete("q");
    history.replaceState(null, "", url);
    let rows = [];
    try {
      if (wanted.length) rows = await matches(wanted);
    } catch {
      if (turn === latest) { list.replaceChildren(); found.textContent = box.dataset.failed; }
      return;
    }
    if (turn !== latest) return;
    list.replaceChildren(...rows.slice(0, 100).map((row) => line(row, wanted)));
    const { one, many, none } = box.dataset;
    const told = rows.length ? (rows.length === 1 ? one : many).replace("{n}", rows.length) : none;
    found.textContent = wanted.length ? told : "";
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
