"use strict";
(() => {
  const click = (id) => { const found = document.getElementById(id); if (found) { found.focus(); found.click(); } };
  const move = (step) => {
    const links = [...document.querySelectorAll("#waiting a")];
    const here = links.findIndex((link) => link.hasAttribute("aria-current"));
    const next = links[Math.min(links.length - 1, Math.max(0, here + step))];
    if (next) location.assign(next.href);
  };
  const keys = { y: () => click("approve"), e: () => click("edit"), s: () => move(1), j: () => move(1), k: () => move(-1),
    z: () => document.getElementById("snooze")?.focus(), x: () => document.getElementById("sure")?.focus(),
    d: () => click("changes"), r: () => click("raw"), u: () => click("undo"), "?": () => click("keys") };
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const act = keys[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  const counts = [...document.querySelectorAll("[data-seconds]")];
  if (!counts.length) return;
  const began = performance.now();
  const tick = () => {
    const passed = Math.floor((performance.now() - began) / 1000);
    let over = false;
    for (const each of counts) {
      const left = Math.max(0, Number(each.dataset.seconds) - passed);
      each.textContent = left ? `leaves in ${left} s` : "leaving now";
      over = over || left === 0;
    }
    if (over && !document.querySelector("textarea")) setTimeout(() => location.reload(), 2500);
    else setTimeout(tick, 500);
  };
  tick();
})();
