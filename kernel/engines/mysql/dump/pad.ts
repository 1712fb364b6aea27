/** Bytes put together in one piece of memory, which grows where it must. */
export class Pad {
  #bytes: Buffer
  length = 0

  constructor(readonly size: number) {
    this.#bytes = Buffer.allocUnsafe(size)
  }

  add(bytes: Uint8Array): void {
    this.#ensure(bytes.length)
    this.#bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  addByte(byte: number): void {
    this.#ensure(1)
    this.#bytes[this.length++] = byte
  }

  /** What was put in; the pad is empty then. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.length)
    this.#bytes = Buffer.allocUnsafe(this.size)
    this.length = 0
    return taken
  }

  #ensure(more: number): void {
    const needed = this.length + more
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.length)
    this.#bytes = larger
  }
}
