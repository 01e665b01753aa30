/**
 * The wheel that holds TensorFlow's C library and its headers. The tag of the Python that it was built for does not matter: none runs.
 *
 * @see https://pypi.org/project/tensorflow-cpu/2.21.0/#files
 */
export const wheel = {
  name: 'tensorflow-cpu',
  version: '2.21.0',
  pythonVersion: '3.11',
  abi: 'cp311',
  platform: 'manylinux_2_27_x86_64',
  file: 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
  sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
} as const;
