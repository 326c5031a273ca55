/** Charts draw one a frame, and less often where frames grow long: what the reader does comes first. */

/** A frame that took longer was late: twice what a screen of 60 Hz shows. */
const LATE_MS = 34;
/** Frames without a drawing after a late one, at most. */
const MOST_REST = 12;

const waiting = new Set<() => void>();
let handle = 0;
let before = 0;
let drew = false;
let rest = 0;

const step = (now: number): void => {
  const took = before === 0 ? 0 : now - before;
  before = now;
  // Drawing goes on after the callback, where no clock of ours sees it: the next frame tells.
  if (drew && took > LATE_MS) rest = Math.min(MOST_REST, Math.ceil(took / (LATE_MS / 2)));
  drew = false;
  if (rest > 0) {
    rest--;
  } else {
    const [draw] = waiting;
    if (draw !== undefined) {
      waiting.delete(draw);
      draw();
      drew = true;
    }
  }
  if (waiting.size > 0 || drew) {
    handle = requestAnimationFrame(step);
  } else {
    handle = 0;
    before = 0;
  }
};

/** Has a chart drawn soon; asking again before it is drawn changes nothing. */
export const drawSoon = (draw: () => void): void => {
  waiting.add(draw);
  if (handle === 0) handle = requestAnimationFrame(step);
};

/** Takes a drawing back. */
export const drawNever = (draw: () => void): void => {
  waiting.delete(draw);
};
