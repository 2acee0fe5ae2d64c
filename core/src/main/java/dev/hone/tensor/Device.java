package dev.hone.tensor;

/** Where tensors live and are computed. */
public enum Device {
  CPU,
  CUDA
}
