package dev.hone.tokenizer;

import java.nio.file.Path;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A row of 600 characters to ids, and back. */
@State(Scope.Thread)
public class TokenizerBench {
  private static final String ROW = "The courier was early, and friendly: five stars. ".repeat(12);

  private final Tokenizer tokenizer =
      Tokenizer.open(Path.of(System.getProperty("hone.root"), "models", "hone-base"));
  private final int[] ids = tokenizer.encode(ROW);

  @TearDown
  public void close() {
    tokenizer.close();
  }

  @Benchmark
  public int[] encode() {
    return tokenizer.encode(ROW);
  }

  @Benchmark
  public String decode() {
    return tokenizer.decode(ids, true);
  }
}
