package dev.hone.fuzz;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import dev.hone.tokenizer.TokenizerFuzz;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The targets of {@code mvn -Pfuzz} on a few random inputs, without a fuzzer, so that they stay
 * alive between its runs.
 */
class FuzzTest {
  static Stream<Named<Consumer<byte[]>>> targets() {
    return Stream.of(
        Named.of("safetensors", SafetensorsFuzz::fuzzerTestOneInput),
        Named.of("torch", TorchFuzz::fuzzerTestOneInput),
        Named.of("model", ModelFuzz::fuzzerTestOneInput),
        Named.of("adapter", AdapterFuzz::fuzzerTestOneInput),
        Named.of("tokenizer", TokenizerFuzz::fuzzerTestOneInput));
  }

  @ParameterizedTest
  @MethodSource("targets")
  void aFewInputs(Consumer<byte[]> target) {
    Random random = new Random(11);
    for (int i = 0; i < 100; i++) {
      byte[] input = new byte[random.nextInt(60)];
      random.nextBytes(input);
      target.accept(input);
    }
  }

  @Test
  void theOracleSeesWhatIsWrong() {
    assertTrue(Oracle.holds(() -> {}));
    assertFalse(
        Oracle.holds(
            () -> {
              throw new HoneException("a.json: key 'x' is missing");
            }));
    assertThrows(IllegalStateException.class, () -> Oracle.holds(FuzzTest::breakDown));
    assertThrows(AssertionError.class, () -> Oracle.holds(FuzzTest::swallow));
  }

  private static void breakDown() {
    throw new IllegalStateException("a bug");
  }

  private static void swallow() {
    byte[] much = new byte[100 << 20];
    assertTrue(much.length > 0);
  }
}
