/**
 * Keeps a predicted quantile honest while it is served: adaptive conformal inference (Gibbs and Candès, 2021). After
 * each end the bound is widened a little where it was passed and narrowed far less where it was not, so that in the
 * long run the stated share stays below it, whatever the model underneath does and however the world drifts.
 */
export interface Calibration {
  /** Added to the bound, in logarithms. */
  widen: number;
  seen: number;
}

const covered = 0.95;
/** Of a logarithm, each time: a bound that is a fifth too low is right again after some hundred ends. */
const rate = 0.04;
const widenMax = 2;

export function newCalibration(): Calibration {
  return { widen: 0, seen: 0 };
}

/** `passed`: it ran longer than the bound that was served. */
export function calibrate(calibration: Calibration, passed: boolean): void {
  calibration.seen++;
  const step = rate * (passed ? covered : covered - 1);
  calibration.widen = Math.max(-widenMax, Math.min(widenMax, calibration.widen + step));
}
