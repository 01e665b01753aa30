export { countDevice, type DeviceCounter, type DeviceCounts } from './countDevice.ts';
export {
  isInBrowser,
  requestTestAdapter,
  requestTestDevice,
  type TestDeviceOptions,
} from './requestTestDevice.ts';
