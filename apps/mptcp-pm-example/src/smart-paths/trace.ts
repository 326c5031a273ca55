/** What the polls of a run show: estimates, rates and octets of each path, as points and as numbers for the report. */
import {
  type Connection,
  cwndBandwidth,
  DEFAULT_ESTIMATE,
  nextEstimate,
  type Subflow,
} from '@liquid/mptcp-pm';
import { DEFAULT_ADDRESS } from './network.js';

/** One poll, in Mbit/s. */
export interface TracePoint {
  readonly seconds: number;
  /** `cwnd · mss / rtt` of the default path. */
  readonly raw: number;
  /** Smoothed, all samples. */
  readonly smoothed: number;
  /** Smoothed, samples in congestion avoidance only; NaN before the first. */
  readonly avoidance: number;
}

export interface Trace {
  /** Takes the connection as it is after a poll. */
  readonly poll: (seconds: number, connection: Connection | undefined) => void;
  readonly points: () => ReadonlyArray<TracePoint>;
  /** Octets that A's default address has sent, retransmissions too. */
  readonly defaultBytes: () => number;
}

export interface TraceOptions {
  readonly thresholdMbps: number;
  /** Weight of a new sample. */
  readonly alpha: number;
  readonly point: (series: string, x: number, y: number) => void;
}

/** Rates are taken over about a second: between two polls an acknowledgement more or less is much. */
const RATE_POLLS = 4;

interface Acked {
  readonly seconds: number;
  readonly bytes: number;
}

const sum = (subflows: ReadonlyArray<Subflow>, of: (subflow: Subflow) => number): number =>
  subflows.reduce((total, subflow) => total + of(subflow), 0);

export const createTrace = ({ thresholdMbps, alpha, point }: TraceOptions): Trace => {
  const all = { ...DEFAULT_ESTIMATE, alpha };
  const filters = { all, avoidance: { ...all, congestionAvoidanceOnly: true } };
  const points: TracePoint[] = [];
  const acked: Record<'rate-default' | 'rate-second', Acked[]> = {
    'rate-default': [],
    'rate-second': [],
  };
  let smoothed = Number.NaN;
  let avoidance = Number.NaN;
  let defaultBytes = 0;
  const rate = (series: 'rate-default' | 'rate-second', seconds: number, bytes: number): void => {
    const seen = acked[series];
    const from = seen.length < RATE_POLLS ? seen[0] : seen[seen.length - RATE_POLLS];
    seen.push({ seconds, bytes });
    if (from === undefined || seconds <= from.seconds) return;
    // A path that was replaced counts from nothing again.
    point(series, seconds, Math.max(0, bytes - from.bytes) / (seconds - from.seconds) / 125_000);
  };
  return {
    poll: (seconds, connection) => {
      point('threshold', seconds, thresholdMbps);
      if (connection === undefined) return;
      const first = connection.subflows.filter(({ local }) => local === DEFAULT_ADDRESS);
      const second = connection.subflows.filter(({ local }) => local !== DEFAULT_ADDRESS);
      defaultBytes = Math.max(
        defaultBytes,
        sum(first, ({ sample }) => sample?.bytesSent ?? 0),
      );
      rate(
        'rate-default',
        seconds,
        sum(first, ({ sample }) => sample?.bytesAcked ?? 0),
      );
      rate(
        'rate-second',
        seconds,
        sum(second, ({ sample }) => sample?.bytesAcked ?? 0),
      );
      const [subflow] = first;
      const sample = subflow?.sample;
      if (subflow === undefined || sample === undefined) return;
      const step = (before: number, options: typeof all): number =>
        nextEstimate(
          options,
          before,
          sample,
          subflow.sampledAtMs,
          subflow.previousSample,
          subflow.previousSampledAtMs,
        );
      smoothed = step(smoothed, filters.all);
      avoidance = step(avoidance, filters.avoidance);
      const raw = cwndBandwidth(sample) / 1e6;
      if (Number.isNaN(smoothed) || Number.isNaN(raw)) return;
      points.push({ seconds, raw, smoothed: smoothed / 1e6, avoidance: avoidance / 1e6 });
      point('estimate-raw', seconds, raw);
      point('estimate', seconds, smoothed / 1e6);
      if (!Number.isNaN(avoidance)) point('estimate-avoidance', seconds, avoidance / 1e6);
    },
    points: () => points,
    defaultBytes: () => defaultBytes,
  };
};
