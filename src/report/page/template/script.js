// Sorts and filters the tables of the page and adds the reader's own time. Without it the page is whole.
"use strict";
(() => {
  // The style sheet hides all rows but the first until they are taken over, or a browser would lay out ten thousand for
  // nothing. Only a script that runs says so.
  const root = document.documentElement;
  root.classList.add("loading");

  // Rows in the document at first; a browser is quick with these, and slow to lay out ten thousand again and again.
  const FIRST = 200;
  const MORE = 1000;
  // Rows up to which eyes are quicker than a filter.
  const FEW = 10;
  const collator = new Intl.Collator("en", { numeric: true });
  const count = (number) => number.toLocaleString("en");
  const rowsOf = (number) => `${count(number)} row${number === 1 ? "" : "s"}`;

  const localTimes = () => {
    const clock = { hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
    const date = { weekday: "short", day: "numeric", month: "short" };
    for (const element of document.querySelectorAll("time")) {
      const time = new Date(element.dateTime);
      if (Number.isNaN(time.getTime()) || time.getTimezoneOffset() === 0) continue;
      const isSameDay = time.getDate() === time.getUTCDate();
      const text = new Intl.DateTimeFormat(undefined, isSameDay ? clock : { ...date, ...clock }).format(time);
      const local = document.createElement("span");
      local.textContent = ` (${text})`;
      element.append(local);
    }
  };

  // Whole numbers keep every digit; NULL is null.
  const keyOf = (cell, isNumber) => {
    if (!cell || cell.classList.contains("null")) return null;
    const text = cell.textContent;
    if (!isNumber) return text;
    if (/^[+-]?\d{16,}$/.test(text)) return BigInt(text);
    return Number(text.replace(/^([+-]?)inf$/i, "$1Infinity"));
  };

  // NaN stands above all numbers, as in SQL.
  const compare = (one, other) => {
    if (typeof one === "string") return collator.compare(one, other);
    if (one < other) return -1;
    if (one > other) return 1;
    return Number(one !== one) - Number(other !== other);
  };

  const enhance = (answer) => {
    const body = answer.querySelector("tbody");
    const heads = [...answer.querySelectorAll("thead th")];
    const status = answer.querySelector(".status");
    const more = answer.querySelector(".more");
    const filter = answer.querySelector("input");
    const rows = [...body.rows];
    const texts = [];
    const keys = [];
    let sorted = rows.map((_, row) => row);
    let words = [];
    let room = FIRST;
    if (rows.length < 2) return;

    const textOf = (row) => (texts[row] ??= [...rows[row].cells].map((cell) => cell.textContent).join("\n").toLowerCase());

    const show = () => {
      const found = words.length ? sorted.filter((row) => words.every((word) => textOf(row).includes(word))) : sorted;
      const shown = found.slice(0, room);
      body.replaceChildren(...shown.map((row) => rows[row]));
      const hidden = found.length - shown.length;
      more.hidden = hidden === 0;
      more.querySelector(".some").hidden = hidden <= MORE;
      more.querySelector(".some").textContent = `Show ${count(MORE)} more`;
      more.querySelector(".all").textContent = `Show all ${rowsOf(found.length)}`;
      const matching = words.length ? `${rowsOf(found.length)} of ${count(rows.length)} match` : "";
      const part = hidden ? `the first ${count(shown.length)} are shown` : "";
      const said = matching || (part && rowsOf(rows.length));
      status.textContent = said && (part ? `${said}; ${part}.` : `${said}.`);
    };

    const sort = (column, direction) => {
      const isNumber = heads[column].classList.contains("n");
      const key = (keys[column] ??= rows.map((row) => keyOf(row.cells[column], isNumber)));
      sorted = rows.map((_, row) => row);
      if (direction === 0) return;
      sorted.sort((one, other) => {
        const [a, b] = [key[one], key[other]];
        // NULL stands last either way, and equal rows stay in the order of the answer.
        if (a === null || b === null) return Number(a === null) - Number(b === null) || one - other;
        return direction * compare(a, b) || one - other;
      });
    };

    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const before = head.getAttribute("aria-sort");
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        const after = before === null ? "ascending" : before === "ascending" ? "descending" : null;
        if (after) head.setAttribute("aria-sort", after);
        sort(column, after === null ? 0 : after === "ascending" ? 1 : -1);
        room = FIRST;
        show();
      });
    });
    filter.addEventListener("input", () => {
      words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      room = FIRST;
      show();
    });
    more.addEventListener("click", (event) => {
      if (event.target.tagName !== "BUTTON") return;
      room = event.target.className === "all" ? Infinity : room + MORE;
      show();
    });
    answer.querySelector(".controls").hidden = rows.length <= FEW;
    show();
  };

  // Where the style sheet can't open what is folded, paper has it all the same.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    folded.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => folded.forEach((details) => { details.open = false; }));

  addEventListener("DOMContentLoaded", () => {
    try {
      localTimes();
      document.querySelectorAll(".answer").forEach(enhance);
    } finally {
      root.classList.remove("loading");
    }
  });
})();
