/** Counts the frames that the browser draws while a run goes on: whether the page stayed fluid. */

/** What was counted; `window.__frames` while and after a run. */
export interface FrameCount {
  count: number;
  over50ms: number;
  worstMs: number;
}

declare global {
  interface Window {
    __frames?: FrameCount;
  }
}

/** Counts from now on; gives the function that ends it. Frames of a hidden page are left out. */
export const countFrames = (): (() => void) => {
  const frames: FrameCount = { count: 0, over50ms: 0, worstMs: 0 };
  window.__frames = frames;
  let before = 0;
  let handle = 0;
  const onFrame = (now: number): void => {
    if (before > 0 && !document.hidden) {
      const took = now - before;
      frames.count++;
      if (took > 50) frames.over50ms++;
      if (took > frames.worstMs) frames.worstMs = took;
    }
    before = document.hidden ? 0 : now;
    handle = requestAnimationFrame(onFrame);
  };
  handle = requestAnimationFrame(onFrame);
  return () => cancelAnimationFrame(handle);
};
