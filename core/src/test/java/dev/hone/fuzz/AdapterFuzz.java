package dev.hone.fuzz;

import dev.hone.TinyModels;
import dev.hone.method.MethodCases;
import dev.hone.method.Methods;
import dev.hone.method.PeftFiles;
import dev.hone.method.PeftMethod;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** An adapter's folder, of every method: its configuration, and the header of its tensors. */
public final class AdapterFuzz {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final Model MODEL = TinyModels.llama();
  private static final List<Adapter> ADAPTERS = new ArrayList<>();

  private record Adapter(Path folder, ObjectNode config, ObjectNode header, byte[] data) {}

  static {
    Path root = Oracle.folder("adapters");
    for (MethodCases.Case c : MethodCases.peft().toList()) {
      try (var method = Methods.attach(c.config(), MODEL)) {
        if (method instanceof PeftMethod peft) {
          Path folder = root.resolve("a" + ADAPTERS.size());
          PeftFiles.write(folder, peft, MODEL, "base");
          ADAPTERS.add(read(folder));
        }
      } catch (dev.hone.error.HoneException e) {
        continue; // a case for another model
      }
    }
  }

  private AdapterFuzz() {}

  private static Adapter read(Path folder) {
    try {
      byte[] file = Files.readAllBytes(folder.resolve("adapter_model.safetensors"));
      int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
      byte[] header = Arrays.copyOfRange(file, 8, 8 + length);
      return new Adapter(
          folder,
          (ObjectNode) JSON.readTree(folder.resolve("adapter_config.json").toFile()),
          (ObjectNode) JSON.readTree(header),
          Arrays.copyOfRange(file, 8 + length, file.length));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Called by the fuzzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    Edits edits = new Edits(input, 0);
    Adapter adapter = ADAPTERS.get(edits.next() % ADAPTERS.size());
    int what = edits.next() % 8;
    byte[] config =
        what == 0 ? edits.rest() : bytes(what < 6 ? edits.of(adapter.config()) : adapter.config());
    byte[] header = bytes(what >= 6 ? edits.of(adapter.header()) : adapter.header());
    Oracle.write(adapter.folder().resolve("adapter_config.json"), config);
    Oracle.write(
        adapter.folder().resolve("adapter_model.safetensors"),
        ByteBuffer.allocate(8 + header.length + adapter.data().length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .put(header)
            .put(adapter.data())
            .array());
    boolean ignored = Oracle.holds(() -> compute(adapter.folder()));
  }

  private static byte[] bytes(ObjectNode json) {
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void compute(Path folder) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off();
        PeftMethod method = PeftFiles.read(folder, MODEL)) {
      float[] ignored =
          MODEL.logits(TinyModels.inputs(5, 6, 7), Pass.plain().with(method)).toFloats();
    }
  }
}
