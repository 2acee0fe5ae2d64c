package dev.hone.method;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.ChildJvm;
import dev.hone.TinyModels;
import dev.hone.method.MethodCases.Case;
import dev.hone.method.bottleneck.BottleneckCases;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.ModelFiles;
import dev.hone.model.family.Families;
import dev.hone.tensor.DType;
import dev.hone.tensor.Engine;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every method has trained and saved gives the same bits where nothing of it is left. */
class FreshProcessTest {
  @TempDir Path folder;

  @Test
  void everyMethodGivesTheSameBits() throws IOException, InterruptedException {
    List<Case> cases =
        Stream.of(
                MethodCases.full(),
                MethodCases.peft(),
                MethodCases.soft(),
                BottleneckCases.all(),
                BottleneckCases.fusions())
            .flatMap(all -> all)
            .toList();
    StringBuilder expected = new StringBuilder();
    for (int i = 0; i < cases.size(); i++) {
      expected.append(i).append(' ').append(saved(cases.get(i), folder.resolve("" + i)));
      expected.append('\n');
    }
    assertTrue(cases.size() > 40, cases.size() + " cases");
    Process child =
        ChildJvm.start(
            FreshProcess.class, folder.toString(), "" + cases.size(), "" + Engine.threads());
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      List<String> told = lines.lines().toList();
      assertEquals(0, child.waitFor());
      assertEquals(expected.toString(), String.join("\n", told) + "\n");
    }
  }

  /** Trains a method and writes base and adapter; gives what the logits are. */
  private static String saved(Case c, Path to) throws IOException {
    Path base = Files.createDirectories(to.resolve("base"));
    try (Model random = TinyModels.random(c.model())) {
      TinyModels.write(base, c.model(), random, UnaryOperator.identity());
    }
    try (Model model = Families.load(base);
        Method method = BottleneckCases.attached(c.config(), model, to.resolve("parts"))) {
      MethodTrial.train(model, method, 2);
      if (method instanceof Full full) {
        ModelFiles.write(to.resolve("tuned"), model, full.trainable(), DType.F32);
        try (Model again = Families.load(to.resolve("tuned"))) {
          String bits = FreshProcess.bits(again, Adapter.NONE);
          // A mapped file's weights may lie on odd addresses, where some products round otherwise.
          float[] tuned = MethodTrial.logits(model, method);
          assertArrayEquals(tuned, MethodTrial.logits(again, Adapter.NONE), 1e-6f, c.name());
          return bits;
        }
      }
      AdapterFiles.write(to.resolve("tuned"), method, model, "base", null);
      if (c.exact() && !c.name().startsWith("adalora")) {
        return FreshProcess.bits(model, method);
      }
      // Twice the rank (pissa), or fewer than trained (adalora), add up in another order.
      try (Method read = AdapterFiles.read(to.resolve("tuned"), model)) {
        return FreshProcess.bits(model, read);
      }
    }
  }

  /** Loads what lies in the numbered folders and tells the bits of its logits. */
  static final class FreshProcess {
    private FreshProcess() {}

    public static void main(String[] arguments) {
      Engine.threads(Integer.parseInt(arguments[2]));
      for (int i = 0; i < Integer.parseInt(arguments[1]); i++) {
        Path folder = Path.of(arguments[0]).resolve("" + i);
        Path tuned = folder.resolve("tuned");
        if (!AdapterFiles.isIn(tuned)) {
          try (Model model = Families.load(tuned)) {
            System.out.println(i + " " + bits(model, Adapter.NONE));
          }
          continue;
        }
        try (Model model = Families.load(folder.resolve("base"));
            Method method = AdapterFiles.read(tuned, model)) {
          System.out.println(i + " " + bits(model, method));
        }
      }
    }

    private static String bits(Model model, Adapter adapter) {
      float[] logits = MethodTrial.logits(model, adapter);
      return logits.length + " " + Arrays.hashCode(logits);
    }
  }
}
