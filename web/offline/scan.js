// Reading a code with the camera or out of a photo, where the browser itself
// can. Pictures stay in this browser.

const pause = 150; // milliseconds between two looks through the camera

// reader is the browser's own reader of QR codes, or null.
export async function reader() {
  try {
    const formats = await globalThis.BarcodeDetector?.getSupportedFormats();
    return formats?.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
  } catch {
    return null;
  }
}

export const hasCamera = () => Boolean(navigator.mediaDevices?.getUserMedia);

// fromPhoto is what the first code in a picture says, or "".
export async function fromPhoto(detector, file) {
  const picture = await createImageBitmap(file);
  try {
    const [code] = await detector.detect(picture);
    return code?.rawValue ?? "";
  } finally {
    picture.close();
  }
}

// Camera looks through the camera until it sees a code or is stopped.
export class Camera {
  constructor(detector, video) {
    this.detector = detector;
    this.video = video;
  }

  // read is what the code says; "" after a stop.
  async read() {
    this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
    try {
      this.video.srcObject = this.stream;
      await this.video.play();
      while (this.stream?.active) {
        const [code] = await this.detector.detect(this.video);
        if (code) return code.rawValue;
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
      return "";
    } finally {
      this.stop();
    }
  }

  stop() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
  }
}
