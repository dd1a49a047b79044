/** The remainders of the upper four bits, for the polynomial 0x1021. */
const REMAINDERS = [
  0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7, 0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad, 0xe1ce, 0xf1ef,
];

/** The checksum that slots are derived from: CRC-16/XMODEM. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc = ((crc << 4) & 0xffff) ^ REMAINDERS[(crc >> 12) ^ (byte >> 4)];
    crc = ((crc << 4) & 0xffff) ^ REMAINDERS[(crc >> 12) ^ (byte & 0xf)];
  }
  return crc;
}
