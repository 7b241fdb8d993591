// Level → colour, dark to bright and alike for colour-blind eyes: cividis (Nuñez, Anderton, Renslow 2018), by nine stops.

const STOPS = [[0, 32, 76], [0, 48, 111], [56, 71, 107], [87, 93, 109], [112, 113, 115], [138, 134, 120], [167, 157, 117], [203, 186, 105], [255, 234, 70]];

/** 256 colours as 0xAABBGGRR, the order of an ImageData's words on little-endian machines. */
export const PALETTE: Uint32Array = Uint32Array.from({ length: 256 }, (_, level) => {
  const at = (level / 255) * (STOPS.length - 1);
  const [low, high, share] = [STOPS[Math.floor(at)]!, STOPS[Math.min(STOPS.length - 1, Math.floor(at) + 1)]!, at % 1];
  const [r, g, b] = low.map((value, index) => Math.round(value + (high[index]! - value) * share));
  return ((255 << 24) | (b! << 16) | (g! << 8) | r!) >>> 0;
});

/** Levels between which colours are spread: most of the noise dark, the strongest bright, at least 20 dB apart; tenths of a dB. */
export function levels_e1(rows: number[][]): { low: number; high: number } {
  let high = -Infinity;
  const floors: number[] = [];
  for (const row of rows) {
    for (const value of row) high = Math.max(high, value);
    const sorted = [...row].sort((a, b) => a - b);
    if (sorted.length > 0) floors.push(sorted[sorted.length >> 2]!);
  }
  if (floors.length === 0) return { low: -1000, high: -800 };
  floors.sort((a, b) => a - b);
  const low = floors[floors.length >> 1]! - 20;
  return { low, high: Math.max(high, low + 200) };
}
