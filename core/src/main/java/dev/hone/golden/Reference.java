package dev.hone.golden;

import dev.hone.error.HoneException;
import dev.hone.method.SoftPrompt;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Inputs;
import dev.hone.store.TensorFile;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** The recorded numbers of one case. The tensors belong to the scope in which it was read. */
record Reference(JsonNode json, Map<String, Tensor> tensors) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static Reference read(Path folder) {
    try {
      return new Reference(
          JSON.readTree(Files.readString(folder.resolve("golden.json"))),
          TensorFile.read(folder.resolve("golden.safetensors")));
    } catch (IOException e) {
      throw new HoneException(folder + ": no golden.json: " + e.getMessage(), e);
    }
  }

  boolean has(String name) {
    return tensors.containsKey(name);
  }

  Tensor get(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new HoneException("golden.safetensors has no tensor '" + name + "'");
    }
    return tensor;
  }

  String task() {
    return json.path("task").asString("");
  }

  /** Tensors whose name begins with a prefix, under the rest of their names. */
  Map<String, Tensor> below(String prefix) {
    Map<String, Tensor> found = new TreeMap<>();
    tensors.forEach(
        (name, tensor) -> {
          if (name.startsWith(prefix)) {
            found.put(name.substring(prefix.length()), tensor);
          }
        });
    return found;
  }

  /** What trains where the adapter's file keeps only the outcome, under the names that we use. */
  Map<String, Tensor> networks() {
    Map<String, Tensor> found = new TreeMap<>();
    below("init.").forEach((name, tensor) -> found.put(name.replace(".default.", "."), tensor));
    return found;
  }

  /** What the reference calls a trained tensor of ours. */
  String trained(String name) {
    String network = "prompt_encoder.default.";
    if (has("grad." + network + name)) { // a soft prompt's beside its table
      return network + name;
    }
    return name.equals(SoftPrompt.TABLE)
        ? network + "embedding.weight"
        : name.replaceFirst("^" + SoftPrompt.MAKER, network);
  }

  /** What the model reads; ids of rank 3 are questions with several answers each. */
  Inputs inputs() {
    Tensor ids = get("input.input_ids");
    Tensor mask = get("input.attention_mask");
    Tensor types = tensors.get("input.token_type_ids");
    return ids.rank() == 3
        ? Inputs.ofChoices(ids, mask, types)
        : new Inputs(ids, mask, types, null).ofTasks(tasks());
  }

  /** The number of each row's task, where there are several. */
  private List<String> tasks() {
    return has("input.task_ids")
        ? Arrays.stream(get("input.task_ids").toLongs()).mapToObj(String::valueOf).toList()
        : List.of();
  }

  /** The labels; of an answer in the text [B, 2], its first and its last token. */
  Tensor labels() {
    return has("input.start_positions")
        ? Tensors.stack(List.of(get("input.start_positions"), get("input.end_positions")), -1)
        : get("input.labels");
  }

  /** The logits of that name; of an answer in the text [B, T, 2]. */
  Tensor logits(String name) {
    return name.equals("output.logits") && has("output.start_logits")
        ? Tensors.stack(List.of(get("output.start_logits"), get("output.end_logits")), -1)
        : get(name);
  }

  /** The same for an encoder-decoder. */
  Inputs inputs(EncoderDecoder model) {
    Tensor labels = get("input.labels");
    int width = Math.toIntExact(labels.size(1));
    return new Inputs(
            get("input.input_ids"),
            get("input.attention_mask"),
            null,
            null,
            Tensors.of(model.shifted(labels.toLongs(), width), labels.size(0), width))
        .ofTasks(tasks());
  }

  /** Row {@code row} without its padding. */
  int[] prompt(int row) {
    long[] ids = get("input.input_ids").select(0, row).toLongs();
    long[] mask = get("input.attention_mask").select(0, row).toLongs();
    List<Integer> real = new ArrayList<>();
    for (int i = 0; i < ids.length; i++) {
      if (mask[i] == 1) {
        real.add((int) ids[i]);
      }
    }
    return real.stream().mapToInt(Integer::intValue).toArray();
  }
}
