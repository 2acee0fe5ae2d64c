package dev.hone.model;

/** Where a model's parameters come from: a folder, or a random start. */
public interface Weights {

  /** How a parameter starts where it is not read from a file. */
  enum Init {
    NORMAL,
    ONES,
    ZEROS
  }

  /**
   * The parameter of this name.
   *
   * @throws dev.hone.error.HoneException when it is missing or has another shape
   */
  Parameter parameter(String name, Init init, long... shape);

  /** Whether a parameter of this name can be had without making it up. */
  boolean has(String name);
}
