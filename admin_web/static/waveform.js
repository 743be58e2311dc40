// The drawing of the recording: loud parts are high, silence is flat; what was played this far is coloured, and a line
// below shows what was listened to. Press or drag on it to go there. The slider in it stays for keys and reading aloud.

const BAR_PX = 2;
const GAP_PX = 1;
// In a recording more silent than this (in thousandths of full scale) the drawing stays low: noise is no voice.
const LOW = 40;
// Below 1, so that a quiet voice beside a loud one can still be seen.
const CURVE = 0.7;
const LISTENED_PX = 3;

/**
 * Set up the drawing; without peaks (a damaged recording, a site that is away) the slider stays as it is.
 * @param {HTMLAudioElement} audio
 * @returns {{show: (seconds: number) => void, played: (begin: number, end: number) => void}}
 */
export function waveform(audio) {
  const box = document.querySelector(".wave");
  const canvas = box.querySelector("canvas");
  const slider = box.querySelector("input");
  const listened = JSON.parse(box.dataset.played);
  let sound = null;
  let at = 0;
  // Of the last drawing: the same again is not drawn.
  let drawn = "";

  const length = () => Number(slider.max) || 1;

  function draw() {
    if (!sound) return;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const scale = devicePixelRatio;
    const needle = Math.round((width * scale * at) / length());
    const looks = [width, height, scale, needle, listened.length, listened.at(-1), dark.matches].join(" ");
    if (looks === drawn || !width) return;
    drawn = looks;
    // A canvas is cleared when its size is set, and made anew: only when it has another one.
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
    }
    const pen = canvas.getContext("2d");
    const style = getComputedStyle(box);
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    bars(pen, width, height - 2 * LISTENED_PX, style);
    pen.fillStyle = style.getPropertyValue("--played");
    pen.globalAlpha = 0.55;
    for (const [begin, end] of listened) {
      pen.fillRect((width * begin) / length(), height - LISTENED_PX, Math.max(1, (width * (end - begin)) / length()), LISTENED_PX);
    }
    pen.globalAlpha = 1;
    pen.fillStyle = style.getPropertyValue("--needle");
    pen.fillRect(Math.min(width - 2, needle / scale), 0, 2, height);
  }

  function bars(pen, width, height, style) {
    const top = Math.max(LOW, ...sound.peaks);
    const bar_s = ((BAR_PX + GAP_PX) * length()) / width;
    const [played, unplayed] = [style.getPropertyValue("--played"), style.getPropertyValue("--unplayed")];
    for (let bar = 0; bar * (BAR_PX + GAP_PX) < width; bar += 1) {
      const first = Math.floor((bar * bar_s) / sound.each_s);
      const after = Math.max(first + 1, Math.ceil(((bar + 1) * bar_s) / sound.each_s));
      const loudest = Math.max(0, ...sound.peaks.slice(first, after));
      const high = Math.max(1, height * (loudest / top) ** CURVE);
      pen.fillStyle = bar * bar_s < at ? played : unplayed;
      pen.fillRect(bar * (BAR_PX + GAP_PX), (height - high) / 2, BAR_PX, high);
    }
  }

  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", draw);
  new ResizeObserver(draw).observe(box);
  drag(box, slider, audio, (share) => share * length());
  load();

  async function load() {
    try {
      const answer = await fetch(box.dataset.peaks);
      if (!answer.ok || answer.redirected) return;
      sound = await answer.json();
    } catch {
      return;
    }
    box.classList.add("drawn");
    canvas.hidden = false;
    draw();
  }

  return {
    show(seconds) { at = seconds; draw(); },
    played(begin, end) {
      const last = listened.at(-1);
      if (last && last[0] <= begin && begin <= last[1] + 0.01) last[1] = Math.max(last[1], end);
      else listened.push([begin, end]);
    },
  };
}

/** Go where the drawing is pressed, and along with the finger. */
function drag(box, slider, audio, secondsAt) {
  // A jump takes its time; until it is done only the newest wish is kept.
  let wanted = null;
  const go = () => {
    if (wanted === null || audio.seeking) return;
    audio.currentTime = wanted;
    wanted = null;
  };
  const wish = (event) => {
    const line = box.getBoundingClientRect();
    wanted = secondsAt(Math.min(1, Math.max(0, (event.clientX - line.left) / line.width)));
    go();
  };
  box.addEventListener("pointerdown", (event) => {
    if (!box.classList.contains("drawn") || event.button) return;
    event.preventDefault();
    box.setPointerCapture(event.pointerId);
    // The arrow keys go on from there.
    slider.focus({ preventScroll: true });
    wish(event);
  });
  box.addEventListener("pointermove", (event) => { if (box.hasPointerCapture(event.pointerId)) wish(event); });
  audio.addEventListener("seeked", go);
}
