"use strict";
(() => {
  const table = document.getElementById("subjects"), body = table.tBodies[0];
  const filter = document.getElementById("filter"), area = document.getElementById("area");
  const shown = document.getElementById("shown"), rows = [...body.rows];
  const compare = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;
  const heads = [...table.tHead.rows[0].cells];
  const valueOf = (row, column) => {
    const cell = row.cells[column];
    return "value" in cell.dataset ? cell.dataset.value : cell.textContent.trim();
  };
  function sort(column) {
    const up = heads[column].getAttribute("aria-sort") !== "ascending", way = up ? 1 : -1;
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", up ? "ascending" : "descending");
    const isNumber = rows.every((row) => Number.isFinite(Number(valueOf(row, column))));
    rows.sort((a, b) => {
      const left = valueOf(a, column), right = valueOf(b, column);
      if (left === "" || right === "") return (left === "") - (right === "");
      return way * (isNumber ? left - right : compare(left, right));
    });
    body.append(...rows);
  }
  function show() {
    const words = filter.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const text = row.textContent.toLocaleLowerCase();
      row.hidden = !(words.every((word) => text.includes(word)) && (!area.value || row.dataset.area === area.value));
      count += !row.hidden;
    }
    shown.textContent = shown.dataset.text.replace("{n}", count).replace("{of}", rows.length);
  }
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => sort(column)));
  filter.addEventListener("input", show);
  area.addEventListener("change", show);
  filter.form.addEventListener("submit", (event) => event.preventDefault());
  show();
})();
