package dev.hone.store;

import dev.hone.tensor.DType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes tensors as {@code torch.save} does; equal tensors give equal bytes. */
final class TorchWriter {
  private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  private final ByteArrayOutputStream pickle = new ByteArrayOutputStream();

  private TorchWriter() {}

  static void write(Path file, List<TensorEntry> tensors) {
    tensors.forEach(tensor -> Finite.require(tensor, file));
    String root = file.getFileName().toString().replaceFirst("\\.[^.]*$", "") + "/";
    byte[] program = new TorchWriter().program(tensors);
    AtomicFiles.write(
        file,
        out -> {
          ZipOutputStream zip = new ZipOutputStream(out);
          put(zip, root + "data.pkl", program);
          put(zip, root + "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
          for (int i = 0; i < tensors.size(); i++) {
            byte[] numbers = tensors.get(i).data().toArray(ValueLayout.JAVA_BYTE);
            put(zip, root + "data/" + i, numbers);
          }
          put(zip, root + "version", "3\n".getBytes(StandardCharsets.US_ASCII));
          zip.finish();
        });
  }

  private static void put(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    CRC32 crc = new CRC32();
    crc.update(bytes);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(bytes.length);
    entry.setCrc(crc.getValue());
    entry.setTimeLocal(NO_TIME);
    zip.putNextEntry(entry);
    zip.write(bytes);
    zip.closeEntry();
  }

  // {name: _rebuild_tensor_v2(storage, offset, shape, strides, False, OrderedDict()), ...}

  private byte[] program(List<TensorEntry> tensors) {
    op(Opcode.PROTO);
    pickle.write(2);
    op(Opcode.EMPTY_DICT);
    op(Opcode.MARK);
    for (int i = 0; i < tensors.size(); i++) {
      text(tensors.get(i).name());
      tensor(tensors.get(i), Integer.toString(i));
    }
    op(Opcode.SETITEMS);
    op(Opcode.STOP);
    return pickle.toByteArray();
  }

  private void tensor(TensorEntry tensor, String key) {
    long[] shape = tensor.shape();
    long[] strides = new long[shape.length];
    long elements = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = elements;
      elements *= shape[i];
    }
    global(StateDictPickle.TENSOR);
    op(Opcode.MARK);
    storage(tensor.dtype(), key, elements);
    number(0);
    tuple(shape);
    tuple(strides);
    op(Opcode.NEWFALSE);
    global(StateDictPickle.ORDERED);
    op(Opcode.EMPTY_TUPLE);
    op(Opcode.REDUCE);
    op(Opcode.TUPLE);
    op(Opcode.REDUCE);
  }

  private void storage(DType type, String key, long elements) {
    op(Opcode.MARK);
    text("storage");
    global(StateDictPickle.storageClass(type));
    text(key);
    text("cpu");
    number(elements);
    op(Opcode.TUPLE);
    op(Opcode.BINPERSID);
  }

  private void tuple(long[] numbers) {
    op(Opcode.MARK);
    for (long number : numbers) {
      number(number);
    }
    op(Opcode.TUPLE);
  }

  private void op(Opcode opcode) {
    pickle.write(opcode.code());
  }

  private void global(String name) {
    op(Opcode.GLOBAL);
    pickle.writeBytes(name.replace(' ', '\n').concat("\n").getBytes(StandardCharsets.UTF_8));
  }

  private void text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    op(Opcode.BINUNICODE);
    pickle.writeBytes(little(4).putInt(utf8.length).array());
    pickle.writeBytes(utf8);
  }

  private void number(long number) {
    op(Opcode.LONG1);
    pickle.write(Long.BYTES);
    pickle.writeBytes(little(Long.BYTES).putLong(number).array());
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
