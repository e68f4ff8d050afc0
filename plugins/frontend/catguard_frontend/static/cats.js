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

if (litter) {
  const news = document.querySelector(".news");

  // More cats come to those that are there, instead of all of them again.
  litter.addEventListener("click", async (event) => {
    const link = event.target.closest(".more a");
    const [address, place] = link ? link.href.split("#") : [];
    if (!place || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    say(news, "More cats are on their way.");
    try {
      const came = await update(address);
      history.replaceState(null, "", address);
      document.querySelector(`#${place} a`)?.focus();
      say(news, `${came} more cats are here.`);
    } catch {
      location.href = link.href;
    }
  });

  // As many cats as fit: whoever named no number gets a screen that is full.
  const asked = new URLSearchParams(location.search);
  const room = innerHeight - litter.getBoundingClientRect().bottom - scrollY;
  const row = litter.querySelector(".cat")?.offsetHeight ?? 0;
  if (!asked.has("count") && row && room > row / 2 && !litter.querySelector(".missing")) {
    const perRow = Math.max(1, Math.floor(litter.offsetWidth / (row * 1.1)));
    const field = document.querySelector("#count");
    const count = Math.min(Number(field.value) + Math.ceil(room / row) * perRow, Number(field.max) || Infinity);
    asked.set("count", String(count));
    update(`/?${asked}`).catch(() => {});
  }

  // Cats that were late may be here by now: look again, a little later each time, while somebody looks at the page.
  const again = Number(litter.dataset.again);
  const look = async (pause) => {
    await new Promise((done) => setTimeout(done, pause * 1000));
    if (!document.hidden) {
      const came = await update(location.href).catch(() => 0);
      if (came) say(news, `${came} more cats are here.`);
    }
    if (litter.querySelector(".missing") && pause < 60) look(pause * 2);
  };
  if (again) look(again);
}

for (const button of document.querySelectorAll(".copy")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const news = button.parentElement.querySelector(".news");
    try {
      await navigator.clipboard.writeText(new URL(button.dataset.copy, location.href).href);
      say(news, "Copied.");
    } catch {
      say(news, "The browser does not let pages copy. Copy the link by its menu.");
    }
  });
}

// A larger size that does not come is no reason for a hole: the size of the page is there already.
addEventListener("error", (event) => {
  if (event.target instanceof HTMLImageElement) event.target.removeAttribute("srcset");
}, true);
