// The theme's only script. Every page works without it: it adds a switch between light and dark,
// copying of code, footnotes read in place, and embeds that load when they are asked to.
(() => {
  const root = document.documentElement;
  const words = document.currentScript.dataset;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.scheme || (dark.matches ? "dark" : "light")) === "dark";

  // Before anything is drawn. Storage may be forbidden; then the choice lasts for the page.
  try {
    const chosen = localStorage.getItem("scheme");
    if (chosen) root.dataset.scheme = chosen;
  } catch { /* as the system has it */ }
  root.classList.add("js");

  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  // Nothing is drawn before the text begins: half a menu would jump when the rest of it arrives.
  document.head.append(make("link", { rel: "expect", href: "#main", blocking: "render" }));

  function scheme(button) {
    const show = () => button.setAttribute("aria-pressed", String(isDark()));
    button.addEventListener("click", () => {
      const wanted = isDark() ? "light" : "dark";
      const system = wanted === (dark.matches ? "dark" : "light");
      if (system) delete root.dataset.scheme;
      else root.dataset.scheme = wanted;
      try {
        if (system) localStorage.removeItem("scheme");
        else localStorage.setItem("scheme", wanted);
      } catch { /* for this page only */ }
      show();
    });
    dark.addEventListener("change", show);
    show();
  }

  function copying(block) {
    const button = make("button", { type: "button", className: "copy", textContent: words.copy });
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(block.querySelector("pre").textContent);
      button.textContent = words.copied;
      setTimeout(() => { button.textContent = words.copy; }, 2000);
    });
    block.append(button);
  }

  function footnote(link) {
    const note = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!note || !HTMLElement.prototype.showPopover) return;
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const copy = note.cloneNode(true);
      copy.querySelectorAll(".footnote-backref").forEach((back) => back.remove());
      copy.querySelectorAll("[id]").forEach((named) => named.removeAttribute("id"));
      const text = make("div", { className: "text" }, ...copy.childNodes);
      const close = make("button", { type: "button", textContent: "×" });
      close.setAttribute("aria-label", words.close);
      const card = make("div", { className: "note-card prose", popover: "auto" }, text, close);
      card.setAttribute("role", "dialog");
      card.setAttribute("aria-label", `${words.note} ${link.textContent}`);
      close.addEventListener("click", () => card.hidePopover());
      card.addEventListener("toggle", ({ newState }) => {
        if (newState === "closed") { card.remove(); link.focus({ preventScroll: true }); }
      });
      document.body.append(card);
      card.showPopover();
      // Under the number, or above it where there is no room; never out of the window.
      const at = link.getBoundingClientRect();
      const left = Math.min(at.left, root.clientWidth - card.offsetWidth - 12);
      const below = at.bottom + 8 + card.offsetHeight < innerHeight;
      card.style.left = `${Math.max(left, 12)}px`;
      card.style.top = `${below ? at.bottom + 8 : Math.max(at.top - 8 - card.offsetHeight, 12)}px`;
      close.focus({ preventScroll: true });
    });
  }

  function embed(figure) {
    const link = figure.querySelector("a");
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const frame = make("iframe", {
        src: figure.dataset.src, title: link.textContent.trim(),
        allow: "autoplay; fullscreen; picture-in-picture", referrerPolicy: "strict-origin",
      });
      figure.replaceChildren(frame);
      frame.focus();
    });
  }

  // Not every browser lets the keyboard scroll what scrolls in itself. Of our own boxes it is said
  // in the page; these are tables and code in an author's HTML, and formulas in a line.
  function scrolling(box) {
    const scrolls = box.scrollWidth > box.clientWidth && getComputedStyle(box).overflowX === "auto";
    if (scrolls && !box.closest("[tabindex='0']")) box.tabIndex = 0;
  }

  const each = (selector, act) => document.querySelectorAll(selector).forEach(act);
  document.addEventListener("DOMContentLoaded", () => {
    each("button.scheme", scheme);
    if (navigator.clipboard) each(".highlight", copying);
    each(".footnote-ref a", footnote);
    each(".embed[data-src]", embed);
  });
  // Not before the style sheet is there: what scrolls is its matter.
  addEventListener("load", () => each(".prose :is(table, pre, p)", scrolling));
})();
