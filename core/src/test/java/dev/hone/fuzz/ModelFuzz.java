package dev.hone.fuzz;

import dev.hone.TinyEncoders;
import dev.hone.TinyModels;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.model.family.Families;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * config.json and the index of shards beside the weights of each family: raw, or good ones with
 * changes. What loads must also compute.
 */
public final class ModelFuzz {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final List<Path> FOLDERS = new ArrayList<>();
  private static final List<ObjectNode> SEEDS = new ArrayList<>();
  private static final ObjectNode INDEX =
      (ObjectNode)
          JSON.readTree(
              """
              {"metadata": {"total_size": 24}, "weight_map": {
                "a": "model-00001-of-00002.safetensors",
                "b": "model-00002-of-00002.safetensors",
                "c": "model-00002-of-00002.safetensors"}}
              """);

  static {
    Path root = Oracle.folder("models");
    List<String> configs = new ArrayList<>(TinyModels.writerConfigs());
    configs.addAll(TinyEncoders.all());
    for (String config : configs) {
      Path folder = root.resolve("m" + FOLDERS.size());
      try (Model model = TinyModels.random(config)) {
        TinyModels.write(folder, config, model, UnaryOperator.identity());
      }
      FOLDERS.add(folder);
      SEEDS.add((ObjectNode) JSON.readTree(config));
    }
    Path shards = root.resolve("shards");
    try (Model model = TinyModels.llama()) {
      TinyModels.write(shards, TinyModels.llamaConfig("{}"), model, UnaryOperator.identity());
    }
    FOLDERS.add(shards);
    for (int i = 1; i <= 2; i++) {
      shards
          .resolve("model.safetensors")
          .toFile()
          .renameTo(shards.resolve("model-0000" + i + "-of-00002.safetensors").toFile());
    }
  }

  private ModelFuzz() {}

  /** Called by the fuzzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    Edits edits = new Edits(input, 0);
    int which = edits.next() % (FOLDERS.size() + 2);
    if (which > SEEDS.size()) { // the index, edited or raw
      Path folder = FOLDERS.getLast();
      byte[] index = which == SEEDS.size() + 1 ? bytes(edits.of(INDEX)) : edits.rest();
      Oracle.write(folder.resolve("model.safetensors.index.json"), index);
      boolean ignored = Oracle.holds(() -> Families.outline(folder).close());
      return;
    }
    int seed = Math.min(which, SEEDS.size() - 1);
    Path folder = FOLDERS.get(seed);
    byte[] config = which == SEEDS.size() ? edits.rest() : bytes(edits.of(SEEDS.get(seed)));
    Oracle.write(folder.resolve("config.json"), config);
    if (Oracle.holds(() -> Families.outline(folder).close())) {
      boolean ignored = Oracle.holds(() -> compute(folder));
    }
  }

  private static byte[] bytes(ObjectNode json) {
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void compute(Path folder) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off();
        Model model = Families.load(folder)) {
      Inputs inputs = TinyModels.inputs(5, 6, 7);
      float[] ignored = model.logits(inputs, Pass.plain()).toFloats();
    }
  }
}
