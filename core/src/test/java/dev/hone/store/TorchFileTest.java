package dev.hone.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import dev.hone.tensor.DType;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Torch's files: what is written is read, and what is no tensor is refused without being run. */
class TorchFileTest {
  private static final Path GOLDEN =
      Path.of(System.getProperty("hone.root")).resolve("../shared/golden").normalize();

  @TempDir Path folder;

  /** A pickle, instruction by instruction. */
  private static final class Pickle {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Pickle op(Opcode opcode, int... arguments) {
      bytes.write(opcode.code());
      for (int argument : arguments) {
        bytes.write(argument);
      }
      return this;
    }

    Pickle text(String text) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      op(Opcode.BINUNICODE);
      bytes.writeBytes(
          ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(utf8.length).array());
      bytes.writeBytes(utf8);
      return this;
    }

    Pickle global(String module, String name) {
      op(Opcode.GLOBAL);
      bytes.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
      return this;
    }

    Pickle number(long number) {
      op(Opcode.LONG1, 8);
      bytes.writeBytes(
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array());
      return this;
    }

    /** A tensor of floats in entry 0. */
    Pickle tensor(long elements, long offset, long[] shape, long[] strides) {
      return tensor("0", elements, offset, shape, strides);
    }

    Pickle tensor(String key, long elements, long offset, long[] shape, long[] strides) {
      global("torch._utils", "_rebuild_tensor_v2").op(Opcode.MARK);
      op(Opcode.MARK).text("storage").global("torch", "FloatStorage").text(key).text("cpu");
      number(elements).op(Opcode.TUPLE).op(Opcode.BINPERSID).number(offset);
      for (long[] numbers : List.of(shape, strides)) {
        op(Opcode.MARK);
        Arrays.stream(numbers).forEach(this::number);
        op(Opcode.TUPLE);
      }
      op(Opcode.NEWFALSE).global("collections", "OrderedDict").op(Opcode.EMPTY_TUPLE);
      return op(Opcode.REDUCE).op(Opcode.TUPLE).op(Opcode.REDUCE);
    }

    byte[] end() {
      return op(Opcode.STOP).bytes.toByteArray();
    }
  }

  private static Pickle dict() {
    return new Pickle().op(Opcode.PROTO, 2).op(Opcode.EMPTY_DICT).op(Opcode.MARK);
  }

  private static byte[] one(long elements, long offset, long[] shape, long[] strides) {
    return dict().text("a").tensor(elements, offset, shape, strides).op(Opcode.SETITEMS).end();
  }

  private static byte[] floats(int count) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      bytes.putFloat(i);
    }
    return bytes.array();
  }

  private Path zip(Map<String, byte[]> entries, int method) {
    Path file = folder.resolve("a.bin");
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> named : entries.entrySet()) {
        ZipEntry entry = new ZipEntry(named.getKey());
        CRC32 crc = new CRC32();
        crc.update(named.getValue());
        entry.setMethod(method);
        entry.setSize(named.getValue().length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(named.getValue());
        zip.closeEntry();
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return file;
  }

  /** A file of that pickle, with six numbers in entry 0. */
  private Path file(byte[] pickle) {
    return zip(Map.of("a/data.pkl", pickle, "a/data/0", floats(6)), ZipEntry.STORED);
  }

  private static void refused(Path file, String expected) {
    try (Scope scope = Scope.open()) {
      HoneException refused = assertThrows(HoneException.class, () -> TorchFile.read(file));
      String message = String.valueOf(refused.getMessage());
      assertTrue(message.contains(expected), message);
      assertTrue(message.contains(file.getFileName().toString()), message);
    }
  }

  @Test
  void whatIsWrittenIsRead() {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("b.weight", Tensors.normal(0, 1, 3, 5));
      tensors.put("a", Tensors.arange(7));
      tensors.put("scalar", Tensors.full(2.5));
      for (DType type : List.of(DType.F64, DType.F16, DType.BF16, DType.I32, DType.U8)) {
        tensors.put(type.name(), Tensors.ones(2, 1, 3).to(type));
      }
      tensors.put("turned", Tensors.normal(0, 1, 4, 2).t());
      Path file = folder.resolve("weights.bin");
      TorchFile.write(file, tensors);
      Map<String, Tensor> read = TorchFile.read(file);
      assertEquals(List.copyOf(tensors.keySet()), List.copyOf(read.keySet()));
      tensors.forEach(
          (name, tensor) -> {
            Tensor again = Objects.requireNonNull(read.get(name));
            assertEquals(tensor.describe(), again.describe(), name);
            assertTrue(tensor.contiguous().contentEquals(again), name);
          });
    }
  }

  @Test
  void equalTensorsGiveEqualBytes() throws IOException {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = Map.of("a", Tensors.ones(3));
      Path file = folder.resolve("a.bin");
      TorchFile.write(file, tensors);
      byte[] first = Files.readAllBytes(file);
      TorchFile.write(file, tensors);
      assertArrayEquals(first, Files.readAllBytes(file));
    }
  }

  @Test
  void aNaNIsNotWritten() {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = Map.of("bad", Tensors.full(Double.NaN, 2));
      Path file = folder.resolve("a.bin");
      HoneException refused =
          assertThrows(HoneException.class, () -> TorchFile.write(file, tensors));
      assertTrue(String.valueOf(refused.getMessage()).contains("'bad'"));
      assertTrue(Files.notExists(file));
    }
  }

  /** Torch's own writer, memo and all. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert_seqcls/adapterhub/houlsby",
        "gpt2/adapterhub/houlsby",
        "llama_gqa_tied/adapterhub/pfeiffer"
      })
  void torchsFilesHoldWhatTheirSafetensorsHold(String name) {
    Path found = GOLDEN.resolve(name);
    Assumptions.assumeTrue(Files.isDirectory(found), "no reference data at " + found);
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> expected = TensorFile.read(found.resolve("adapter.safetensors"));
      Map<String, Tensor> actual = TorchFile.read(found.resolve("pytorch_adapter.bin"));
      assertEquals(expected.keySet(), Set.copyOf(actual.keySet()));
      expected.forEach(
          (key, tensor) ->
              assertTrue(tensor.contentEquals(Objects.requireNonNull(actual.get(key))), key));
    }
  }

  @Test
  void aTensorMayBeAPartOfAStorage() {
    try (Scope scope = Scope.open()) {
      Path file = file(one(6, 2, new long[] {2, 1, 2}, new long[] {2, 77, 1}));
      Tensor part = Objects.requireNonNull(TorchFile.read(file).get("a"));
      assertArrayEquals(new long[] {2, 1, 2}, part.shape());
      assertArrayEquals(new float[] {2, 3, 4, 5}, part.toFloats());
    }
  }

  /** The attributes of a module's state dict, and parameters in place of tensors. */
  @Test
  void otherWaysToSaveTensorsAreUnderstood() {
    Pickle pickle = new Pickle().op(Opcode.PROTO, 2);
    pickle.global("collections", "OrderedDict").op(Opcode.EMPTY_TUPLE).op(Opcode.REDUCE);
    pickle.text("a").global("torch._utils", "_rebuild_parameter");
    pickle.tensor(6, 0, new long[] {6}, new long[] {1}).op(Opcode.NEWTRUE);
    pickle.op(Opcode.EMPTY_DICT).op(Opcode.TUPLE3).op(Opcode.REDUCE).op(Opcode.SETITEM);
    pickle.op(Opcode.EMPTY_DICT).text("_metadata").op(Opcode.EMPTY_DICT).op(Opcode.SETITEM);
    Path file = file(pickle.op(Opcode.BUILD).end());
    try (Scope scope = Scope.open()) {
      Tensor read = Objects.requireNonNull(TorchFile.read(file).get("a"));
      assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5}, read.toFloats());
    }
  }

  /** {'model': {'a': tensor}, 'opt': {'state': [{...}], 'hypers': L([{'lr': 0.1}])}}. */
  private static Pickle learner(String beside) {
    Pickle pickle = new Pickle().op(Opcode.PROTO, 2).op(Opcode.EMPTY_DICT).op(Opcode.MARK);
    pickle.text("model").op(Opcode.EMPTY_DICT).text("a");
    pickle.tensor(6, 0, new long[] {6}, new long[] {1}).op(Opcode.SETITEM);
    pickle.text(beside).op(Opcode.EMPTY_DICT).op(Opcode.MARK);
    pickle.text("state").op(Opcode.EMPTY_LIST).op(Opcode.MARK).op(Opcode.EMPTY_DICT).number(3);
    pickle.tensor(6, 3, new long[] {3}, new long[] {1}).op(Opcode.SETITEM).op(Opcode.APPENDS);
    pickle.text("hypers").global("fastcore.foundation", "L").op(Opcode.EMPTY_TUPLE);
    pickle.op(Opcode.NEWOBJ).op(Opcode.EMPTY_DICT).text("items").op(Opcode.EMPTY_LIST);
    pickle.op(Opcode.EMPTY_DICT).text("lr").op(Opcode.BINFLOAT, 0x3F, 0xB9, 0, 0, 0, 0, 0, 0);
    pickle.op(Opcode.SETITEM).op(Opcode.APPEND).op(Opcode.SETITEM).op(Opcode.BUILD);
    return pickle.op(Opcode.SETITEMS).op(Opcode.SETITEMS);
  }

  @Test
  void whatAnOptimiserLeftBesideAModelIsPassedOver() {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> read = TorchFile.read(file(learner("opt").end()));
      assertEquals(Set.of("a"), read.keySet());
      assertEquals(6, Objects.requireNonNull(read.get("a")).numel());
    }
    refused(file(learner("notes").end()), "'model' is no tensor");
  }

  @Test
  void whatIsPassedOverIsNoTensor() {
    byte[] list = dict().text("a").op(Opcode.EMPTY_LIST).op(Opcode.SETITEMS).end();
    refused(file(list), "'a' is no tensor");
    Pickle wrong = dict().text("a").op(Opcode.EMPTY_LIST).op(Opcode.EMPTY_TUPLE);
    refused(file(wrong.op(Opcode.NEWOBJ).op(Opcode.SETITEMS).end()), "no tensor");
    refused(file(dict().text("a").text("b").op(Opcode.APPEND).end()), "no list");
  }

  /** A tied table stands in a state dict three times, and in the file once. */
  @Test
  void tensorsThatShareTheirNumbersAreHeldOnce() {
    Pickle pickle = dict();
    for (String name : List.of("a", "b", "c")) {
      pickle.text(name).tensor(6, 0, new long[] {6}, new long[] {1});
    }
    Path file = file(pickle.op(Opcode.SETITEMS).end());
    try (Arena arena = Arena.ofConfined()) {
      List<TensorEntry> entries = TorchFile.entries(file, arena);
      assertEquals(1, entries.stream().map(e -> e.data().address()).distinct().count());
      assertEquals(List.of("a", "b", "c"), entries.stream().map(TensorEntry::name).toList());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "os system",
        "posix system",
        "builtins eval",
        "__builtin__ exec",
        "subprocess Popen",
        "torch load",
        "torch.storage _load_from_bytes",
        "torch._utils _rebuild_tensor",
        "torch FloatStorage2",
        "collections OrderedDict.fromkeys"
      })
  void everyOtherNameIsRefusedByName(String name) {
    String[] parts = name.split(" ");
    Pickle call = dict().text("a").global(parts[0], parts[1]).text("echo").op(Opcode.TUPLE1);
    byte[] pickle = call.op(Opcode.REDUCE).op(Opcode.SETITEMS).end();
    refused(file(pickle), "'" + name.replace(' ', '.') + "'");
  }

  static Set<Opcode> otherInstructions() {
    return EnumSet.complementOf(
        EnumSet.of(
            Opcode.PROTO,
            Opcode.MARK,
            Opcode.STOP,
            Opcode.NONE,
            Opcode.NEWTRUE,
            Opcode.NEWFALSE,
            Opcode.NEWOBJ,
            Opcode.EMPTY_LIST,
            Opcode.APPEND,
            Opcode.APPENDS,
            Opcode.BINFLOAT,
            Opcode.BININT,
            Opcode.BININT1,
            Opcode.BININT2,
            Opcode.LONG1,
            Opcode.BINUNICODE,
            Opcode.EMPTY_DICT,
            Opcode.EMPTY_TUPLE,
            Opcode.TUPLE,
            Opcode.TUPLE1,
            Opcode.TUPLE2,
            Opcode.TUPLE3,
            Opcode.BINPUT,
            Opcode.LONG_BINPUT,
            Opcode.BINGET,
            Opcode.LONG_BINGET,
            Opcode.GLOBAL,
            Opcode.BINPERSID,
            Opcode.REDUCE,
            Opcode.SETITEM,
            Opcode.SETITEMS,
            Opcode.BUILD));
  }

  @ParameterizedTest
  @MethodSource("otherInstructions")
  void everyOtherInstructionIsRefusedByName(Opcode opcode) {
    refused(file(dict().op(opcode).end()), " " + opcode.name() + " ");
  }

  @Test
  void aTensorThatLiesAboutItsSizeIsRefused() {
    refused(file(one(6, 0, new long[] {7}, new long[] {1})), "beyond its storage '0'");
    refused(file(one(6, 3, new long[] {4}, new long[] {1})), "beyond its storage '0'");
    refused(file(one(6, -1, new long[] {4}, new long[] {1})), "beyond its storage '0'");
    refused(file(one(6, Long.MAX_VALUE, new long[] {4}, new long[] {1})), "beyond its storage");
    refused(file(one(1L << 40, 0, new long[] {1L << 40}, new long[] {1})), "has 24 bytes");
    refused(file(one(1L << 62, 0, new long[] {1L << 62}, new long[] {1})), "no storage");
    refused(file(one(5, 0, new long[] {5}, new long[] {1})), "has 24 bytes");
    refused(file(one(6, 0, new long[] {-2, -3}, new long[] {-3, 1})), "impossible shape");
    refused(
        file(one(6, 0, new long[] {1L << 40, 1L << 40}, new long[] {1L << 40, 1})),
        "impossible shape");
    refused(file(one(6, 0, new long[] {1L << 40}, new long[] {0})), "row by row");
    refused(file(one(6, 0, new long[] {2, 3}, new long[] {1, 2})), "contiguous()");
    refused(file(one(6, 0, new long[] {0}, new long[] {1})), "without elements");
  }

  @Test
  void manyTensorsOverTheSameNumbersAreRefused() {
    Pickle pickle = dict();
    for (int i = 0; i < 1000; i++) {
      pickle.text("t" + i).tensor(60_000, 0, new long[] {60_000}, new long[] {1});
    }
    byte[] program = pickle.op(Opcode.SETITEMS).end();
    Path file = zip(Map.of("a/data.pkl", program, "a/data/0", floats(60_000)), ZipEntry.STORED);
    refused(file, "more room than the file");
  }

  /**
   * The list at the end of the archive says of every entry that it lies where the first one does.
   */
  @Test
  void entriesThatLieOverEachOtherAreRefused() throws IOException {
    Pickle pickle = dict();
    Map<String, byte[]> entries = new LinkedHashMap<>();
    for (int i = 0; i < 4; i++) {
      pickle.text("t" + i).tensor(String.valueOf(i), 500, 0, new long[] {500}, new long[] {1});
      entries.put("a/data/" + i, floats(i == 0 ? 500 : 1));
    }
    entries.put("a/data.pkl", pickle.op(Opcode.SETITEMS).end());
    Path file = zip(entries, ZipEntry.STORED);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int first = -1;
    for (int at = 0; at + 46 < bytes.capacity(); at++) {
      if (bytes.getInt(at) == 0x02014b50 && bytes.getShort(at + 28) == "a/data/0".length()) {
        first = first < 0 ? at : first;
        bytes.put(at + 16, bytes.array(), first + 16, 12); // checksum and sizes
        bytes.putInt(at + 42, bytes.getInt(first + 42)); // where it lies
      }
    }
    refused(Files.write(file, bytes.array()), "more room than the file");
  }

  @Test
  void aProgramThatIsNoneIsRefused() {
    refused(file(new byte[0]), "ends in the middle");
    refused(file(new byte[] {'.'}), "no dictionary");
    refused(file(new byte[] {(byte) 0xFF}), "instruction 255");
    refused(file(dict().op(Opcode.BINUNICODE, 255, 255, 255, 127).end()), "ends in the middle");
    refused(file(new Pickle().op(Opcode.PROTO, 5).end()), "protocol 5");
    refused(file(dict().op(Opcode.BINGET, 3).end()), "not stored");
    refused(file(new Pickle().op(Opcode.TUPLE).end()), "mark");
    refused(file(dict().text("a").text("b").op(Opcode.SETITEMS).end()), "'a' is no tensor");
    refused(file(dict().text("a").op(Opcode.SETITEMS).end()), "no dictionary");
    refused(
        file(dict().op(Opcode.BININT1, 1).text("b").op(Opcode.SETITEMS).end()),
        "keys are no texts");
    refused(file(dict().text("x").op(Opcode.BINPERSID).end()), "no storage");
  }

  @Test
  void aZipThatTorchDidNotWriteIsRefused() throws IOException {
    byte[] sound = one(6, 0, new long[] {6}, new long[] {1});
    refused(zip(Map.of("a/data.pkl", sound), ZipEntry.STORED), "a/data/0");
    refused(zip(Map.of("data.pkl", sound), ZipEntry.STORED), "without one data.pkl");
    refused(
        zip(Map.of("a/data.pkl", sound, "b/data.pkl", sound), ZipEntry.STORED),
        "without one data.pkl");
    refused(
        zip(Map.of("a/data.pkl", sound, "a/data/0", floats(6)), ZipEntry.DEFLATED), "compressed");
    refused(
        zip(
            Map.of(
                "a/data.pkl",
                sound,
                "a/data/0",
                floats(6),
                "a/byteorder",
                "big".getBytes(StandardCharsets.US_ASCII)),
            ZipEntry.STORED),
        "big-endian");
    Path old = Files.write(folder.resolve("old.bin"), new byte[] {(byte) 0x80, 2, '.'});
    refused(old, "version 1.6");
    refused(folder.resolve("none.bin"), "does not exist");
  }

  /** Wherever a bit falls over: the tensors are right, or the file is refused. */
  @Test
  void aDamagedFileGivesNoOtherNumbers() throws IOException {
    byte[] sound = Files.readAllBytes(file(one(6, 0, new long[] {6}, new long[] {1})));
    Path file = folder.resolve("damaged.bin");
    int refusals = 0;
    for (int bit = 0; bit < 8 * sound.length; bit += 3) {
      byte[] damaged = sound.clone();
      damaged[bit / 8] ^= (byte) (1 << (bit % 8));
      Files.write(file, damaged);
      try (Scope scope = Scope.open()) {
        Tensor read = Objects.requireNonNull(TorchFile.read(file).get("a"));
        assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5}, read.toFloats(), "bit " + bit);
      } catch (HoneException e) {
        refusals++;
      }
    }
    assertTrue(refusals > 100, "refused " + refusals);
    for (int length = 0; length < sound.length; length += 7) {
      refused(Files.write(file, Arrays.copyOf(sound, length)), "damaged.bin");
    }
  }
}
