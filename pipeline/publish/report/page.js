/* Fills the charts with figures and names of the language shown; sorts tables. No request leaves this file. */
"use strict";
(() => {
  const {data, labels, charts, steps} = JSON.parse(document.getElementById("data").textContent);
  const ALL = 0, FOOTNOTE = 1;  // place of everyone; statuses from here on are to be read with care
  const worded = {}, locales = {ru: {decimal: ",", thousands: "\u00a0", grouping: [3], currency: ["", ""]}};
  const page = () => document.querySelector(".page:not([hidden])");
  const language = () => page().lang;
  const words = () => labels[language()].words;
  const number = (value, digits) => value.toLocaleString(language(), {minimumFractionDigits: digits, maximumFractionDigits: digits}).replace("-", "\u2212");
  const percent = (share, digits = 0) => share === null ? "" : number(Math.floor(share * 100 * 10 ** digits + 0.5 + 1e-9) / 10 ** digits, digits) + (language() === "ru" ? "\u00a0%" : "%");
  const ratio = value => value === "inf" || value === null ? words().no_upper : number(value, 2);
  const limits = (low, high) => high === words().no_upper ? words().above.replace("{low}", low) : /^\p{L}/u.test(words().to) ? `${low} ${words().to} ${high}` : `${low}${words().to}${high}`;
  const n = count => `${words().n} = ${number(count, 0)}`;
  /* On two lines where it is long, and cut where those do not hold it. */
  function wrapped(text, most = 48) {
    if (text.length <= most) return text;
    const at = text.lastIndexOf(" ", most), cut = at > 0 ? at : most, rest = text.slice(cut).trim();
    return `${text.slice(0, cut)}\n${rest.length <= most ? rest : rest.slice(0, most - 1) + "…"}`;
  }
  const chosen = name => page().querySelector(`[data-choice="${name}"]`)?.value;

  /* The word of a chart: of the page, the name of a tier, or the level of its intervals. */
  const word = key => key.startsWith("tier ") ? labels[language()].tiers[+key.slice(5)] : key === "level interval" ? labels[language()].interval : words()[key];

  async function draw(element, name, rows, more = {}) {
    element.dataset.drawn = rows.length;
    if (!rows.length) { element.replaceChildren(); return; }
    const spec = JSON.parse(worded[`${language()} ${name}`] ??= JSON.stringify(charts[name]).replace(/⟦(.+?)⟧/gu, (_, key) => JSON.stringify(word(key)).slice(1, -1)));
    if (steps[name]) spec.height = steps[name] * Math.max(new Set(rows.map(r => r.key ?? r.dimension ?? r.level ?? r.tier)).size, 1);
    for (const set of spec.data) if (set.name === "rows") set.values = rows; else if (more[set.name]) set.values = more[set.name];
    const inner = document.createElement("div");  // Vega names its container; the chart keeps the name that it has here
    element.replaceChildren(inner);
    await vegaEmbed(inner, spec, {mode: "vega", renderer: "svg", actions: false, formatLocale: locales[language()], tooltip: {theme: "light"}});
  }

  function findingRows() {
    const own = labels[language()], comparison = +chosen("comparison"), place = +chosen("among"), sort = chosen("sort");
    const rows = data.findings.filter(f => f[0] === comparison && f[2] === place && f[9] !== null && f[10] !== null);
    const size = f => f[9] === "inf" ? Infinity : f[9];
    if (sort === "ratio") rows.sort((f, g) => size(g) - size(f));
    if (sort === "share") rows.sort((f, g) => g[3] - f[3]);
    const where = place === ALL ? "" : `/${data.places[place].join("=")}`;
    return rows.map((f, i) => {
      const [, indicator, , a, aLow, aHigh, b, bLow, bHigh, value, low, high, nA, nB, status] = f;
      const finite = value === "inf" ? low * 4 : value || low || 0.01;
      const label = own.indicators[indicator];
      const range = limits(ratio(low), ratio(high));
      const shown = value === "inf" ? `${range}` : `${ratio(value)} (${range})`;
      const shares = `${percent(a)} ${words().against === "against" ? "v" : "/"} ${percent(b)}`, bases = `${number(nA, 0)} / ${number(nB, 0)}`;
      return {key: `${i}|${wrapped(label)}`, label, ratio: finite, low: low || finite / 4, high: high ?? finite * 4, endless: high === null || !low,
        care: status >= FOOTNOTE, key_ratio: `${i}|${shown}`, key_shares: `${i}|${shares}`, key_bases: `${i}|${bases}`,
        figures: `${shown} · ${shares} · n ${bases}`, tip_ratio: shown, tip_bases: bases,
        a: `${percent(a, 1)} (${limits(percent(aLow, 1), percent(aHigh, 1))})`, b: `${percent(b, 1)} (${limits(percent(bLow, 1), percent(bHigh, 1))})`,
        id: `${data.wave}/${data.comparisons[comparison]}/${data.indicators[indicator]}${where}`};
    });
  }

  async function drawForest() {
    const wide = page().querySelector('[data-chart="forest"]');
    if (!wide) return;
    const rows = findingRows(), [, a, b] = labels[language()].comparisons[+chosen("comparison")];
    page().querySelector(".groups").textContent = `${a} ${words().against} ${b}` + (rows.length ? "" : ": 0");
    for (const element of [wide, page().querySelector('[data-chart="forest_narrow"]')]) {
      element.setAttribute("aria-label", words().forest_alt.replace("{a}", a).replace("{b}", b).replace("{n}", rows.length));
      if (element.offsetParent) await draw(element, element.dataset.chart, rows);
    }
  }

  function tierRows() {
    const own = labels[language()];
    return data.tier_rows.map(([tier, share, low, high, x, base, mean]) => ({tier: own.tiers[tier], share, low, high, shown: percent(share),
      tip: `${percent(share, 1)} (${limits(percent(low, 1), percent(high, 1))})`, tip_base: `${number(x, 0)} / ${number(base, 0)}`, tip_mean: mean === null ? "" : number(mean, 1)}));
  }
  const below = (low, tier) => data.bands.filter(b => b[0] === low && b[2] < tier).reduce((sum, b) => sum + b[3], 0);
  const bandRows = () => data.bands.map(([low, high, tier, share, count]) => ({low, high, bottom: below(low, tier), top: below(low, tier) + share, tier: tier < 0 ? "–" : labels[language()].tiers[tier],
    tip: percent(share, 1), tip_base: number(count, 0), tip_band: limits(number(low, 0), number(high, 0))}));
  const cutRows = () => data.cuts.map(cut => ({cut, shown: number(cut, Number.isInteger(cut) ? 0 : 1)}));
  const dimensionRows = () => data.dimension_rows.map(([dimension, tier, mean, low, high, base]) => ({dimension: labels[language()].dimensions[dimension],
    tier: labels[language()].tiers[tier], mean, low, high, tip: `${number(mean, 1)} (${limits(number(low, 1), number(high, 1))})`, tip_base: n(base)}));
  function robustRows() {
    const first = Math.min(...data.robustness.map(r => r[0]));
    return data.robustness.filter(r => r[0] === first && typeof r[2] === "number" && typeof r[3] === "number" && typeof r[4] === "number" && r[3] > 0)
      .sort((r, s) => s[2] - r[2]).map(([comparison, indicator, value, low, high, tried], i) => {
        const label = labels[language()].indicators[indicator];
        return {key: `${i}|${wrapped(label)}`, label, ratio: value, low, high, tip_ratio: ratio(value), tip_low: ratio(low), tip_high: ratio(high), tip_tried: number(tried, 0),
          id: `${data.wave}/${data.comparisons[comparison]}/${data.indicators[indicator]}`};
      });
  }

  function panel(into, title) {
    const box = document.createElement("div"), heading = document.createElement("h3"), chart = document.createElement("div");
    box.className = "panel";
    chart.className = "chart";
    heading.textContent = title;
    chart.setAttribute("role", "img");
    box.append(heading, chart);
    into.append(box);
    return chart;
  }

  function trendRows(indicator) {
    let run = 0;
    return data.history.filter(h => h[0] === indicator).sort((g, h) => g[1] - h[1]).map(([, wave, share, low, high, base], i, all) => {
      if (i && data.breaks.some(b => b[0] === indicator && b[1] === all[i - 1][1] && b[2] === wave)) run += 1;
      return {wave: data.waves[wave], share, low, high, run, shown: percent(share), tip: `${percent(share, 1)} (${limits(percent(low, 1), percent(high, 1))})`, tip_base: n(base)};
    });
  }

  async function drawTrends() {
    const into = page().querySelector('[data-panels="trend"]');
    if (!into || into.childElementCount) return;
    const todo = [];
    data.indicators.forEach((_, i) => {
      const rows = trendRows(i), label = labels[language()].indicators[i];
      if (!rows.length) return;
      const chart = panel(into, label);
      chart.setAttribute("aria-label", words().trends_alt.replace("{label}", label).replace("{summary}", rows.map(r => `${r.wave}: ${r.shown}`).join("; ")));
      todo.push([chart, "trend", rows]);
    });
    await inTurn(todo);
  }

  async function drawSegments() {
    const into = page().querySelector('[data-panels="segment"]');
    if (!into) return;
    into.replaceChildren();
    const own = labels[language()], indicator = +chosen("indicator"), todo = [];
    for (const segment of new Set(data.places.map(place => place[0]))) {
      if (segment === "all") continue;
      const rows = data.shares.filter(s => s[0] === indicator && data.places[s[1]][0] === segment && s[2] !== null)
        .map(([, place, share, low, high, base, status]) => ({level: own.levels[place], share, low, high, care: status >= FOOTNOTE, shown: percent(share),
          tip: `${percent(share, 1)} (${limits(percent(low, 1), percent(high, 1))})`, tip_base: n(base)}));
      if (!rows.length) continue;
      const title = own.segments[segment], chart = panel(into, title[0].toUpperCase() + title.slice(1));
      chart.setAttribute("aria-label", words().segments_alt.replace("{segment}", title).replace("{summary}", rows.map(r => `${r.level} ${r.shown}`).join("; ")));
      todo.push([chart, "segment", rows]);
    }
    await inTurn(todo);
  }

  /* One after the other, and the page stays responsive. */
  async function inTurn(todo) {
    for (const [element, name, rows] of todo) {
      if (!element.isConnected) return;
      await draw(element, name, rows);
      await new Promise(next => setTimeout(next, 0));
    }
  }

  async function drawAll() {
    const shown = page();
    if (shown.dataset.ready === String(innerWidth)) return;
    shown.dataset.ready = String(innerWidth);
    const one = (name, rows, more) => { const e = shown.querySelector(`[data-chart="${name}"]`); return e && e.offsetParent ? draw(e, name, rows(), more?.()) : undefined; };
    await drawForest();
    await one("tiers", tierRows);
    await one("scores", bandRows, () => ({cuts: cutRows()}));
    await one("dimensions", dimensionRows);
    await one("robustness", robustRows);
    await one("robustness_narrow", robustRows);
    await drawTrends();
    await drawSegments();
    shown.dataset.done = "true";
  }

  function sortable(table) {
    const body = table.tBodies[0];
    table.querySelectorAll("thead th").forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = heading.textContent;
      heading.replaceChildren(button);
      button.addEventListener("click", () => {
        const up = heading.getAttribute("aria-sort") === "descending";
        table.querySelectorAll("thead th").forEach(other => other.removeAttribute("aria-sort"));
        heading.setAttribute("aria-sort", up ? "ascending" : "descending");
        const value = row => { const cell = row.cells[column], sort = cell.dataset.sort; return sort === undefined || sort === "" ? cell.textContent.trim() : isNaN(sort) ? sort : +sort; };
        const rows = [...body.rows].sort((r, s) => {
          const [a, b] = [value(r), value(s)];
          const order = typeof a === "number" && typeof b === "number" ? a - b : typeof a !== typeof b ? (typeof a === "number" ? 1 : -1) : a.localeCompare(b, language());
          return up ? order : -order;
        });
        body.append(...rows);
      });
    });
  }

  function show(wanted) {
    const next = [...document.querySelectorAll(".page")].find(p => p.lang === wanted);
    if (!next) return;
    document.querySelectorAll(".page").forEach(p => { p.hidden = p !== next; });
    document.documentElement.lang = wanted;
    document.title = next.dataset.title;
    drawAll();
  }

  document.querySelectorAll("table.sortable").forEach(sortable);
  document.querySelectorAll("[data-language]").forEach(b => b.addEventListener("click", () => {
    show(b.dataset.language);
    page().querySelector(`[data-language="${b.dataset.language}"]`).focus();
  }));
  document.querySelectorAll('[data-choice="indicator"]').forEach(s => s.addEventListener("change", drawSegments));
  document.querySelectorAll('[data-choice]:not([data-choice="indicator"])').forEach(s => s.addEventListener("change", drawForest));
  addEventListener("beforeprint", () => document.querySelectorAll(".page:not([hidden]) details").forEach(d => { d.dataset.was = d.open; d.open = true; }));
  addEventListener("afterprint", () => document.querySelectorAll("details").forEach(d => { d.open = d.dataset.was === "true"; }));
  let waiting;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(drawAll, 200); });
  const wanted = location.hash.slice(1, 3);
  show(labels[wanted] ? wanted : page().lang);
})();
