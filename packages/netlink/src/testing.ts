/**
 * A scripted kernel for tests of whatever speaks netlink, and the conformance suite of transports. None of it needs a
 * particular test runner, a privilege, or Linux.
 *
 * @packageDocumentation
 */
export type { TransportCheck } from './testing/check.js';
export { fakeController } from './testing/fake-controller.js';
export {
  createFakeKernel,
  type FakeAnswer,
  type FakeExtendedAck,
  type FakeKernel,
  type FakeKernelOptions,
  type FakeScript,
} from './testing/fake-kernel.js';
export { transportSuite, type TransportUnderTest } from './testing/transport-suite.js';
