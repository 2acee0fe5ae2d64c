package dev.hone.golden;

import dev.hone.error.HoneException;
import dev.hone.method.AdapterFiles;
import dev.hone.method.Full;
import dev.hone.method.Merged;
import dev.hone.method.Method;
import dev.hone.method.PeftFiles;
import dev.hone.method.PeftMethod;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.family.Families;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Compares this build with the reference numbers below a folder. */
public final class Golden {
  private Golden() {}

  /**
   * Checks every case below a folder, at any depth.
   *
   * @param each is told of every case as it ends
   * @throws HoneException when there is no case at all
   */
  public static List<CaseResult> check(Path folder, Consumer<CaseResult> each) {
    List<CaseResult> results = new ArrayList<>();
    for (Path found : cases(folder)) {
      String name =
          found.equals(folder)
              ? found.getFileName().toString()
              : folder.relativize(found).toString();
      CaseResult result;
      try (Scope scope = Scope.open()) {
        result = new CaseResult(name, differences(found), null);
      } catch (RuntimeException e) { // one case must not keep the others from their line
        String message = String.valueOf(e.getMessage()).strip().lines().findFirst().orElse("");
        result = new CaseResult(name, List.of(), message);
      }
      results.add(result);
      each.accept(result);
    }
    return results;
  }

  private static List<Path> cases(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new HoneException(folder + ": no such folder");
    }
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> found =
          files
              .filter(f -> f.getFileName().toString().equals("golden.json"))
              .map(f -> f.toAbsolutePath().getParent())
              .map(f -> folder.resolve(folder.toAbsolutePath().relativize(f)).normalize())
              .sorted()
              .toList();
      if (found.isEmpty()) {
        throw new HoneException(folder + ": no golden.json below this folder");
      }
      return found;
    } catch (IOException e) {
      throw new HoneException(folder + ": cannot be listed: " + e.getMessage(), e);
    }
  }

  private static List<Difference> differences(Path found) {
    Reference reference = Reference.read(found);
    if (AdapterFiles.isIn(found)) {
      return adapterCase(found, reference);
    }
    if (Files.exists(found.resolve("a").resolve("adapter_config.json"))) {
      return SeveralAdapters.differences(found, base(found), reference);
    }
    if (Files.exists(found.resolve("config.json"))) {
      return modelCase(found, reference);
    }
    throw new HoneException("cases of this kind are not supported");
  }

  private static List<Difference> modelCase(Path found, Reference reference) {
    Map<String, Difference> worst = new LinkedHashMap<>();
    for (String config : List.of("config.json", "config.v4.json")) {
      if (!Files.exists(found.resolve(config))) {
        continue;
      }
      try (Model model = Families.load(found, config);
          Full full = new Full(model)) {
        Comparison comparison = new Comparison(model, reference);
        comparison.logits("logits", "output.logits", Adapter.NONE);
        comparison.hiddenStates();
        comparison.decoderInputs();
        Map<String, Tensor> named = new LinkedHashMap<>();
        full.trainable()
            .forEach((name, t) -> named.put(model.fileNames().getOrDefault(name, name), t));
        comparison.gradients(full, named);
        comparison.greedy(Adapter.NONE);
        comparison.fiveSteps(full, named);
        comparison.differences().forEach(d -> worst.merge(d.quantity(), d, Difference::worse));
      }
    }
    return List.copyOf(worst.values());
  }

  private static Path base(Path adapter) {
    Path base = adapter.resolve("../..").normalize();
    if (!Files.exists(base.resolve("config.json"))) {
      throw new HoneException("the base model is expected at " + base);
    }
    return base;
  }

  /** From the file; a network that makes virtual tokens is compared from where it begins. */
  private static List<Difference> adapterCase(Path found, Reference reference) {
    try (Model model = Families.load(base(found));
        Method method = AdapterFiles.read(found, model)) {
      Comparison comparison = new Comparison(model, reference);
      comparison.logits("logits", "output.logits", method);
      if (reference.has("merged.logits")) {
        try (Merged merged = Merged.of(method)) {
          comparison.logits("merged", "merged.logits", merged);
        }
      }
      comparison.greedy(method);
      if (reference.networks().isEmpty()) {
        learning(reference, comparison, method);
      } else {
        try (PeftMethod network = PeftFiles.read(found, model, reference.networks())) {
          comparison.logits("network", "output.logits", network);
          learning(reference, comparison, network);
        }
      }
      return comparison.differences();
    }
  }

  private static void learning(Reference reference, Comparison comparison, Method method) {
    Map<String, Tensor> named = new LinkedHashMap<>();
    method.trainable().forEach((name, t) -> named.put(reference.trained(name), t));
    comparison.gradients(method, named);
    comparison.fiveSteps(method, named);
  }
}
