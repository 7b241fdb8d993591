// Numbers as people read them. Unknown is an en dash, never 0.

export const UNKNOWN = "–";

export function number(value: number | null | undefined, digits: number, unit = ""): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  // what rounds to nought has no sign
  const text = value.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "−");
  return unit === "" ? text : `${text} ${unit}`;
}

/** `0:07`, `12:34`, `1:02:03`; with `digits`, tenths and less. */
export function clock(seconds: number, digits = 0): string {
  const sign = seconds < 0 ? "−" : "";
  const whole = Math.floor(Math.abs(seconds) * 10 ** digits) / 10 ** digits;
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const second = s.toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  return h > 0 ? `${sign}${h}:${String(m).padStart(2, "0")}:${second}` : `${sign}${m}:${second}`;
}

export function metres(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  if (value < 9.95) return `${value.toFixed(1)} m`;
  if (value < 9995) return `${value.toFixed(0)} m`;
  return `${(value / 1000).toFixed(value < 99_950 ? 1 : 0)} km`;
}

export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let [left, at] = [value, 0];
  while (left >= 999.5 && at < units.length - 1) [left, at] = [left / 1000, at + 1];
  return `${left.toFixed(at === 0 || left >= 99.95 ? 0 : 1)} ${units[at]}`;
}

export function frequency(value_hz: number): string {
  return value_hz > 0 ? `${(value_hz / 1e6).toFixed(4).replace(/0$/, "")} MHz` : UNKNOWN;
}

export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

export function percent(ratio: number | null | undefined, digits = 0): string {
  return ratio === null || ratio === undefined ? UNKNOWN : `${(ratio * 100).toFixed(digits)} %`;
}

/** How old something is, in words of the size that matters. */
export function age(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 9.95 && seconds % 1 !== 0 ? 1 : 0)} s`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s` : `${(seconds / 3600).toFixed(1)} h`;
}

/** A width or period of pulses. */
export function microseconds(value: number | null): string {
  if (value === null) return UNKNOWN;
  return value < 10_000 ? `${(value / 1000).toFixed(2)} ms` : value < 1e6 ? `${(value / 1000).toFixed(0)} ms` : `${(value / 1e6).toFixed(3)} s`;
}
