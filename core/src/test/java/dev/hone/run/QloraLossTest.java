package dev.hone.run;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hone.Hone;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.ModelFiles;
import dev.hone.model.NewModelConfig;
import dev.hone.model.Pass;
import dev.hone.model.Storage;
import dev.hone.model.family.Families;
import dev.hone.tensor.Cpu;
import dev.hone.tensor.DType;
import dev.hone.tensor.Engine;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.ObjectMapper;

/**
 * What four bits cost in loss, on the base that comes with the program: some minutes, so only with
 * {@code mvn -Pslow}.
 */
@EnabledIfSystemProperty(named = "hone.slow", matches = "true")
class QloraLossTest {
  private static final Path ROOT = Path.of(System.getProperty("hone.root"));

  @TempDir private Path folder;

  @Test
  void withinTwoPercentOfLoraOverF32() throws IOException {
    Path text = ROOT.resolve("../shared/data/wikitext2/valid.txt").normalize();
    assumeTrue(Files.exists(text), text + " is not here");
    ObjectMapper json = new ObjectMapper();
    Files.write(
        folder.resolve("rows.jsonl"),
        Files.readAllLines(text).stream()
            .filter(line -> line.length() > 300)
            .map(line -> json.writeValueAsString(Map.of("text", line)))
            .toList());
    Files.writeString(
        folder.resolve("recipe.yaml"),
        """
        name: qlora
        model: %s
        data: {path: %s, format: text, maxTokens: 256, split: {validation: 0.05, test: 0.1}}
        method: {type: lora, rank: 8, alpha: 16}
        train: {steps: 80, batch: 8, rate: 2e-3}
        threads: 1
        runs: %s
        """
            .formatted(
                ROOT.resolve("models/hone-base"),
                folder.resolve("rows.jsonl"),
                folder.resolve("runs")));
    Map<Storage, Double> losses = new EnumMap<>(Storage.class);
    for (Storage storage : new Storage[] {Storage.FLOAT32, Storage.INT8, Storage.NF4}) {
      RunResult result =
          Hone.train(
              Hone.recipe(
                  folder.resolve("recipe.yaml"),
                  "dtype=" + storage.word(),
                  "name=" + storage.word()));
      losses.put(storage, loss(result, "tuned"));
      System.out.printf(
          "%s: base %.4f, tuned %.4f, %.0f tokens/s%n",
          storage.word(), loss(result, "base"), loss(result, "tuned"), result.tokensPerSecond());
    }
    double full = Objects.requireNonNull(losses.get(Storage.FLOAT32));
    losses.forEach(
        (storage, loss) -> assertTrue(loss < 1.02 * full, storage + ": " + loss + " of " + full));
  }

  /** Llama's shape with 100 million weights, of which 25 million are the tied table. */
  @Test
  void aHundredMillionWeightsTakeLessThanSixTenthsOfAByteEach() {
    Path large = folder.resolve("large");
    NewModelConfig shape = new NewModelConfig(768, 12, 12, 4, 2048, 32000, 512, 10000, 0.02);
    Engine.seed(1);
    try (Model random = Families.random(shape.config(0, 1))) {
      ModelFiles.write(large, random, Map.of(), DType.BF16);
    }
    Families.load(large, Storage.NF4).close(); // quantises
    Engine.giveBackMemory();
    long before = Cpu.residentBytes();
    try (Model model = Families.load(large, Storage.NF4)) {
      long held = Cpu.residentBytes() - before;
      long worked = worked(model) - before;
      long count = model.parameterCount();
      System.out.printf(
          "%d weights in %d bytes, %.3f each; the process grew by %d, and by %d after a pass%n",
          count, model.weightBytes(), (double) model.weightBytes() / count, held, worked);
      assertTrue(count > 100_000_000);
      assertTrue(model.weightBytes() < 0.6 * count);
      assertTrue(held < 0.6 * count, "resident: " + held);
      assertTrue(worked < 0.75 * count, "with what a pass leaves behind: " + worked);
    }
  }

  private static long worked(Model model) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Inputs eight = Inputs.of(Tensors.arange(8).view(1, 8));
      assertTrue(Double.isFinite(model.logits(eight, Pass.plain()).sum().item()));
    }
    Engine.giveBackMemory(); // one matrix at a time was there in F32, the head's the largest
    return Cpu.residentBytes();
  }

  private static double loss(RunResult result, String name) {
    return Objects.requireNonNull(result.perplexities().get(name)).loss().value();
  }
}
