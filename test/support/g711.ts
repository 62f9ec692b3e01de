/** A-law (ITU-T G.711) of one sample in −1 … 1. */
export function encodeAlaw(sample: number): number {
  const linear = Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_767)))
  const sign = linear >= 0 ? 0x80 : 0
  const magnitude = (linear >= 0 ? linear : -linear - 1) >> 4
  if (magnitude < 16) return (sign | magnitude) ^ 0x55
  const exponent = Math.floor(Math.log2(magnitude)) - 3
  const mantissa = (magnitude >> (exponent - 1)) & 0x0f
  return (sign | (exponent << 4) | mantissa) ^ 0x55
}

/** The sample in −1 … 1 that an octet of A-law stands for. */
export function decodeAlaw(octet: number): number {
  const value = octet ^ 0x55
  const exponent = (value & 0x70) >> 4
  const mantissa = value & 0x0f
  const step = exponent === 0 ? mantissa * 2 + 1 : (mantissa * 2 + 33) << (exponent - 1)
  const linear = step << 3
  return ((value & 0x80) !== 0 ? linear : -linear) / 32_768
}
