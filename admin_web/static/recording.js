// Records a sentence with the browser's microphone, makes a WAV of it (mono, 16 bits), and sends it with the page's form.
// The site then cuts, evens out and plays it; nothing is used before somebody says so.

const recorder = document.getElementById("recorder");
const button = document.getElementById("record");
const form = document.getElementById("send");
const file = document.getElementById("sound");
const told = document.getElementById("told");
const cannot = document.getElementById("cannot");

const REFUSED = {
  NotAllowedError: "The browser may not use the microphone. Allow it beside the page’s address, and press Record again.",
  NotFoundError: "No microphone was found. Plug one in, and press Record again.",
  NotReadableError: "The microphone is used by another program. Close that, and press Record again.",
};
const OTHERWISE = "The microphone cannot be used. You can send a WAV file instead.";
const INSECURE = "This browser lets a page use the microphone only over https, or on the station itself (http://localhost). "
  + "You can send a WAV file instead.";

let taking = null;

if (recorder) {
  if (navigator.mediaDevices?.getUserMedia && window.AudioWorkletNode) recorder.hidden = false;
  else refuse(INSECURE);
  button.addEventListener("click", () => (taking ? end() : begin()));
  form.addEventListener("submit", (event) => {
    const [chosen] = file.files;
    if (chosen && chosen.size > Number(form.dataset.largest)) {
      event.preventDefault();
      refuse(`This file is too large: a sentence takes ${recorder.dataset.longestS} seconds at most. Nothing was sent.`);
    }
  });
  document.getElementById("hear")?.focus();
}

function refuse(why) {
  cannot.textContent = why;
  cannot.hidden = !why;
}

async function begin() {
  refuse("");
  button.disabled = true;
  let stream;
  try {
    // As the voice is: what browsers do for telephone calls makes it thin and swallows beginnings.
    stream = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    });
    const context = new AudioContext();
    await context.audioWorklet.addModule(recorder.dataset.worklet);
    taking = { stream, context, blocks: [], frames: 0 };
    const node = new AudioWorkletNode(context, "take", { numberOfOutputs: 0 });
    node.port.onmessage = ({ data }) => take(data);
    context.createMediaStreamSource(stream).connect(node);
    button.textContent = "Stop";
    told.textContent = "Speak now.";
    document.getElementById("meter").hidden = false;
  } catch (error) {
    stream?.getTracks().forEach((track) => track.stop());
    taking = null;
    refuse(REFUSED[error.name] ?? OTHERWISE);
  }
  button.disabled = false;
  button.focus();
}

function take(block) {
  if (!taking) return;
  taking.blocks.push(block);
  taking.frames += block.length;
  const seconds = taking.frames / taking.context.sampleRate;
  document.getElementById("level").value = Math.min(1, 2 * block.reduce((most, each) => Math.max(most, Math.abs(each)), 0));
  const time = `${Math.floor(seconds)} s`;
  const clock = document.getElementById("time");
  if (clock.textContent !== time) clock.textContent = time;
  // A little less than the longest, so that the site takes it.
  if (seconds >= Number(recorder.dataset.longestS) - 0.5) end();
}

async function end() {
  const { stream, context, blocks, frames } = taking;
  taking = null;
  button.disabled = true;
  told.textContent = "One moment.";
  stream.getTracks().forEach((track) => track.stop());
  await context.close();
  const sound = await atRate(blocks, frames, context.sampleRate, Number(recorder.dataset.rateHz));
  const sent = new DataTransfer();
  sent.items.add(new File([wav(sound, Number(recorder.dataset.rateHz))], "recorded.wav", { type: "audio/wav" }));
  file.files = sent.files;
  form.requestSubmit();
}

async function atRate(blocks, frames, from, to) {
  const offline = new OfflineAudioContext(1, Math.max(1, Math.round(frames * to / from)), to);
  const buffer = new AudioBuffer({ length: Math.max(1, frames), sampleRate: from });
  let at = 0;
  for (const block of blocks) {
    buffer.copyToChannel(block, 0, at);
    at += block.length;
  }
  const source = new AudioBufferSourceNode(offline, { buffer });
  source.connect(offline.destination);
  source.start();
  return (await offline.startRendering()).getChannelData(0);
}

function wav(samples, rate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at, letters) => [...letters].forEach((each, n) => view.setUint8(at + n, each.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((each, n) => view.setInt16(44 + 2 * n, Math.round(Math.max(-1, Math.min(1, each)) * 32767), true));
  return view;
}
