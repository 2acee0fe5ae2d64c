package dev.hone.store;

import java.nio.file.Path;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The weights of the model that comes with the program: mapped, their header checked. */
@State(Scope.Thread)
public class SafetensorsBench {
  private final Path file =
      Path.of(System.getProperty("hone.root"), "models", "hone-base", "model.safetensors");

  @Benchmark
  public int open() {
    try (Safetensors opened = Safetensors.open(file)) {
      return opened.names().size();
    }
  }
}
