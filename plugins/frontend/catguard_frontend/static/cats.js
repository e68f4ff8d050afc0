// Helps where a page can be better than its HTML: everything here works without it too, by links and by loading again.
"use strict";

const litter = document.querySelector(".litter");

/** Ask for the same wall at `address` and take over what is new in it; tell how many cats came. */
async function update(address) {
  const answer = await fetch(address, { headers: { accept: "text/html" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const there = litter.querySelectorAll(".cat");
  let came = 0;
  page.querySelectorAll(".litter .cat").forEach((cat, place) => {
    const before = there[place];
    if (before && (!before.querySelector(".missing") || cat.querySelector(".missing"))) return;
    came += cat.querySelector("img") ? 1 : 0;
    if (before) before.replaceWith(cat);
    else litter.insertBefore(cat, litter.querySelector(".more"));
  });
  litter.querySelector(".more").replaceWith(page.querySelector(".litter .more"));
  for (const part of [".notice", "#wall", "body > footer", ".others"]) {
    const old = document.querySelector(part), now = page.querySelector(part);
    if (old && now) old.replaceWith(now);
    else if (old) old.remove();
  }
  document.querySelector("#count").value = page.querySelector("#count").value;
  return came;
}

function say(place, text) {
  place.textContent = text;
}

/** Return how many cats, from `least` on, fill the last row of the wall beside the way to more. */
function filling(least) {
  const style = getComputedStyle(litter), gap = parseFloat(style.columnGap);
  const first = getComputedStyle(litter.querySelector(".cat"));
  const row = parseFloat(first.flexBasis) / parseFloat(first.getPropertyValue("--ratio"));
  const more = parseFloat(getComputedStyle(litter.querySelector(".more")).flexBasis);
  const ratios = litter.dataset.ratios.split(" ").map(Number);
  let used = 0;
  for (let count = 0; count < ratios.length; count += 1) {
    const width = row * ratios[count];
    if (count >= least && used + gap + width + gap + more > litter.clientWidth) return count;
    used = used && used + gap + width <= litter.clientWidth ? used + gap + width : width;
  }
  return ratios.length;
}

if (litter) {
  const news = document.querySelector(".news");
  const asked = new URLSearchParams(location.search);

  // More cats come to those that are there, instead of all of them again.
  litter.addEventListener("click", async (event) => {
    const link = event.target.closest(".more a");
    if (!link?.hash || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    say(news, "More cats are on their way.");
    const address = new URL(link.href), place = address.hash;
    address.hash = "";
    address.searchParams.set("count", String(filling(Number(address.searchParams.get("count")))));
    try {
      const came = await update(address);
      history.replaceState(null, "", address);
      document.querySelector(`${place} a`)?.focus();
      say(news, `${came} more cats are here.`);
    } catch {
      location.href = link.href;
    }
  });

  // The form asks for no more large cats than one page may have.
  const count = document.querySelector("#count"), most = count.max;
  const bound = () => {
    const size = document.querySelector(".segment input:checked");
    count.max = size?.dataset.most ?? most;
    if (count.max && Number(count.value) > Number(count.max)) count.value = count.max;
  };
  document.querySelector(".segments").addEventListener("change", bound);
  bound();

  // As many cats as fit: whoever named no number gets a screen that is full, and a last row that is.
  const cats = litter.querySelectorAll(".cat");
  if (!asked.has("count") && !litter.querySelector(".missing")) {
    const room = innerHeight - (litter.getBoundingClientRect().bottom + scrollY);
    const rows = Math.max(0, Math.ceil(room / cats[0].offsetHeight));
    const perRow = litter.clientWidth / (cats[0].offsetHeight * 1.2);
    asked.set("count", String(filling(cats.length + Math.floor(rows * perRow))));
    update(`/?${asked}`).catch(() => {});
  }
}

// What was late may be here by now: look again, a little later each time, while somebody looks at the page.
async function look(pause) {
  await new Promise((done) => setTimeout(done, pause * 1000));
  if (!document.hidden) {
    if (!litter) {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
      if (answer?.ok) return location.reload();
    } else {
      const came = await update(location.href).catch(() => 0);
      if (came) say(document.querySelector(".news"), `${came} more cats are here.`);
      if (!litter.querySelector(".missing")) return;
    }
  }
  if (pause < 60) look(pause * 1.5);
}
const waiting = document.querySelector("[data-again]");
if (waiting) {
  for (const told of waiting.querySelectorAll(".waiting")) told.hidden = false;
  look(Number(waiting.dataset.again));
}

for (const button of document.querySelectorAll(".copy")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const news = button.closest("section").querySelector(".news");
    try {
      await navigator.clipboard.writeText(new URL(button.dataset.copy, location.href).href);
      say(news, "Copied.");
    } catch {
      say(news, "The browser does not let pages copy. Copy the link by its menu.");
    }
  });
}

// A larger size that does not come is no reason for a hole: the size of the page is there already.
function plain(image) {
  image.removeAttribute("srcset");
}
addEventListener("error", (event) => event.target instanceof HTMLImageElement && plain(event.target), true);
for (const image of document.images) if (image.srcset && image.complete && !image.naturalWidth) plain(image);
