import type { ConnectionGate, GatedPool } from '../../kernel/engines/contract.js'

/** A gate that admits everybody at once and counts. */
export class OpenGate implements ConnectionGate {
  open = 0
  most = 0

  async admit(_pool: GatedPool): Promise<() => void> {
    this.open++
    this.most = Math.max(this.most, this.open)
    let left = false
    return () => {
      if (!left) this.open--
      left = true
    }
  }

  idle(): void {}

  shouldYield(): boolean {
    return false
  }

  forget(): void {}
}
