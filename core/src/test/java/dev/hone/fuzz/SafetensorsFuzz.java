package dev.hone.fuzz;

import dev.hone.store.Safetensors;
import dev.hone.store.TensorEntry;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A weights file: as raw bytes, as a raw header, and as a good header with changes. */
public final class SafetensorsFuzz {
  private static final Path FILE = Oracle.folder("safetensors").resolve("model.safetensors");
  private static final int DATA = 64;
  private static final ObjectNode SEED =
      (ObjectNode)
          JsonMapper.shared()
              .readTree(
                  """
                  {"__metadata__": {"format": "pt"},
                   "a": {"dtype": "F32", "shape": [2, 4], "data_offsets": [0, 32]},
                   "b.weight": {"dtype": "BF16", "shape": [8], "data_offsets": [32, 48]},
                   "c": {"dtype": "I64", "shape": [], "data_offsets": [48, 56]},
                   "d": {"dtype": "U8", "shape": [2, 0, 3], "data_offsets": [56, 56]},
                   "e": {"dtype": "BOOL", "shape": [8], "data_offsets": [56, 64]}}
                  """);

  private SafetensorsFuzz() {}

  /** Called by the fuzzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    Edits edits = new Edits(input, 0);
    switch (edits.next() % 4) {
      case 0 -> Oracle.write(FILE, edits.rest());
      case 1 -> Oracle.write(FILE, framed(edits.rest()));
      default ->
          Oracle.write(FILE, framed(edits.of(SEED).toString().getBytes(StandardCharsets.UTF_8)));
    }
    boolean ignored = Oracle.holds(SafetensorsFuzz::read);
  }

  private static byte[] framed(byte[] header) {
    return ByteBuffer.allocate(8 + header.length + DATA)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .array();
  }

  private static void read() {
    try (Safetensors file = Safetensors.open(FILE)) {
      long sum = 0;
      for (String name : file.names()) {
        TensorEntry tensor = file.get(name);
        for (long i = 0; i < tensor.data().byteSize(); i++) {
          sum += tensor.data().get(ValueLayout.JAVA_BYTE, i);
        }
      }
      if (sum == Long.MIN_VALUE) {
        throw new AssertionError("bytes cannot add up to that");
      }
    }
  }
}
