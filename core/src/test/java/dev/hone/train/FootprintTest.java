package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hone.TinyModels;
import dev.hone.data.TokenRow;
import dev.hone.method.Full;
import dev.hone.method.Method;
import dev.hone.model.Model;
import dev.hone.tensor.Cpu;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FootprintTest {
  private static final long MIB = 1 << 20;

  @BeforeEach
  void measurable() {
    assumeTrue(Cpu.forgetPeak(), "this system does not tell how much memory a process took");
  }

  private static List<TokenRow> rows(int count, int length) {
    boolean[] learned = new boolean[length];
    Arrays.fill(learned, true);
    int[] ids = IntStream.range(0, length).map(i -> i % TinyModels.VOCAB).toArray();
    return IntStream.range(0, count).mapToObj(i -> new TokenRow(ids, learned, 0, "row")).toList();
  }

  private static Footprint measured(Map<String, Object> training, List<TokenRow> rows) {
    String json =
        TinyModels.llamaConfig("{'num_hidden_layers': 8, 'max_position_embeddings': 4096}");
    try (Model model = TinyModels.random(json);
        Method method = new Full(model)) {
      return Footprint.measure(model, method, new CausalLmObjective(), Toy.config(training), rows);
    }
  }

  /** A row that fills a micro-batch alone has nothing smaller beside it to be compared with. */
  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void tokensTakeMemoryInOneRowAndInMany(int rows) {
    Footprint found = measured(Map.of(), rows(rows, 4096 / rows));
    // Eight layers keep some twenty vectors of 32 to 48 numbers for each token.
    double least = 8 * 10 * 32 * 4.0;
    assertTrue(found.perToken() > least, "bytes a token: " + found.perToken());
    assertTrue(found.perToken() < 20 * least, "bytes a token: " + found.perToken());
    assertTrue(found.peak(4096) > found.fixed() + 30 * MIB);
  }

  /** 17 million weights are 66 MiB, and their moments twice as much. */
  @Test
  void momentsInAFileTakeNoMemory() {
    String json =
        TinyModels.llamaConfig(
            "{'hidden_size': 512, 'intermediate_size': 1360, 'num_hidden_layers': 6}");
    double[] more = new double[3];
    try (Model model = TinyModels.random(json);
        Method method = new Full(model)) {
      // What else this process does moves a measurement; the middle one of three counts.
      for (int i = 0; i < more.length; i++) {
        more[i] = fixed(model, method, false) - fixed(model, method, true);
      }
    }
    Arrays.sort(more);
    assertEquals(2 * 66, more[1], 66);
  }

  private static double fixed(Model model, Method method, boolean onDisk) {
    TrainConfig config = Toy.config(Map.of("momentsOnDisk", onDisk));
    Objective objective = new CausalLmObjective();
    return (double) Footprint.measure(model, method, objective, config, rows(4, 8)).fixed() / MIB;
  }

  @Test
  void whatIsTriedLeavesNoTrace() {
    try (Model model = TinyModels.random(TinyModels.awdLstmConfig("{}"));
        Method method = new Full(model)) {
      List<TokenRow> text = rows(8, 20);
      StreamObjective stream = new StreamObjective(text);
      Map<String, float[]> before = new HashMap<>();
      method.trainable().forEach((name, tensor) -> before.put(name, tensor.toFloats()));
      method.state().forEach((name, tensor) -> before.put(name, tensor.toFloats()));
      Footprint ignored =
          Footprint.measure(model, method, stream, Toy.config(Map.of()), text.subList(0, 4));
      assertTrue(stream.state().isEmpty(), "a stream begins with nothing remembered");
      method.trainable().forEach((name, tensor) -> assertNull(tensor.grad(), name));
      method.trainable().forEach((n, t) -> assertArrayEquals(before.get(n), t.toFloats(), n));
      method.state().forEach((n, t) -> assertArrayEquals(before.get(n), t.toFloats(), n));
    }
  }
}
