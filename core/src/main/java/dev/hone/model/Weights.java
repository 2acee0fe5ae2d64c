package dev.hone.model;

import java.util.List;
import java.util.Map;

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

  /** Told when the model has all its parameters. */
  default void finish() {}

  /** Whether a parameter of this name can be had without making it up. */
  boolean has(String name);

  /** Parameter names, and the names that the files use for them. */
  default Map<String, String> fileNames() {
    return Map.of();
  }

  /** Parameters that the files do not hold and that start at random. */
  default List<String> made() {
    return List.of();
  }

  /** Tensors in the files that the model does not use. */
  default List<String> surplus() {
    return List.of();
  }
}
