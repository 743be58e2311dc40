// Runs beside the sound: hands each block of it to the page.

registerProcessor("take", class extends AudioWorkletProcessor {
  process([input]) {
    if (input[0]?.length) this.port.postMessage(input[0].slice());
    return true;
  }
});
