import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TelemetryOptions } from '@temporalio/worker';

/**
 * The SDK's own metrics (`temporal_*`). Its native core serves them on a port of its own, on this machine only; the
 * operations port passes them on.
 */
export class SdkMetrics {
  private constructor(private readonly address: string) {}

  static async choosePort(): Promise<SdkMetrics> {
    // The SDK does not tell which port it got, so it cannot choose one itself.
    const probe = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve, reject) => probe.once('listening', resolve).once('error', reject));
    const { port } = probe.address() as AddressInfo; // it listens on a port, not on a socket
    await new Promise((resolve) => probe.close(resolve));
    return new SdkMetrics(`127.0.0.1:${port}`);
  }

  /** For `Runtime.install`. Names and units as Prometheus recommends them: `_total`, seconds. */
  telemetryOptions(): NonNullable<TelemetryOptions['metrics']> {
    const names = { countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true };
    return { prometheus: { bindAddress: this.address, ...names } };
  }

  /** The series in Prometheus's text format. Before the first connection and after the last one, there are none. */
  async text(): Promise<string> {
    try {
      return await (await fetch(`http://${this.address}/metrics`)).text();
    } catch {
      return "# The SDK's metrics are not available now.\n";
    }
  }
}
