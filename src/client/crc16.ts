const POLYNOMIAL = 0x1021;

/** The remainder of every byte. */
const REMAINDERS = /* @__PURE__ */ remainders();

/** The checksum that slots are derived from, CRC-16/XMODEM, of bytes or of a text in UTF-8. */
export function crc16(data: string | Uint8Array): number {
  if (typeof data !== 'string') {
    return data.reduce(next, 0);
  }
  let crc = 0;
  // Most keys are ASCII, which needs no encoding.
  for (let i = 0; i < data.length; i++) {
    const code = data.charCodeAt(i);
    if (code > 0x7f) {
      return crc16(Buffer.from(data));
    }
    crc = next(crc, code);
  }
  return crc;
}

function next(crc: number, byte: number): number {
  return ((crc << 8) & 0xffff) ^ REMAINDERS[(crc >> 8) ^ byte];
}

function remainders(): Uint16Array {
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      remainder = (remainder << 1) ^ (remainder & 0x8000 ? POLYNOMIAL : 0);
    }
    return remainder;
  });
}
