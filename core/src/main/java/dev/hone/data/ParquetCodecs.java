package dev.hone.data;

import dev.hone.error.HoneException;
import io.airlift.compress.Decompressor;
import io.airlift.compress.lz4.Lz4Decompressor;
import io.airlift.compress.snappy.SnappyDecompressor;
import io.airlift.compress.zstd.ZstdDecompressor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/** Unpacks Parquet's pages in plain Java: no native library for each system. */
final class ParquetCodecs implements CompressionCodecFactory {
  @Override
  public BytesInputCompressor getCompressor(CompressionCodecName codec) {
    throw new UnsupportedOperationException("rows are only read");
  }

  @Override
  public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
    return switch (codec) {
      case UNCOMPRESSED -> (Pages) (packed, _) -> packed;
      case GZIP -> (Pages) ParquetCodecs::gunzip;
      case SNAPPY -> airlift(new SnappyDecompressor());
      case ZSTD -> airlift(new ZstdDecompressor());
      case LZ4_RAW -> airlift(new Lz4Decompressor());
      default ->
          throw new HoneException(
              "Parquet packed with "
                  + codec.name().toLowerCase(Locale.ROOT)
                  + " is not read; write it with snappy, zstd, gzip, lz4_raw or uncompressed");
    };
  }

  @Override
  public void release() {}

  private static Pages airlift(Decompressor codec) {
    return (packed, size) -> {
      byte[] out = new byte[size];
      int written = codec.decompress(packed, 0, packed.length, out, 0, size);
      if (written != size) {
        throw new IOException("a page holds " + written + " bytes, announced were " + size);
      }
      return out;
    };
  }

  private static byte[] gunzip(byte[] packed, int size) throws IOException {
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
      byte[] out = in.readNBytes(size);
      if (out.length != size) {
        throw new IOException("a page holds " + out.length + " bytes, announced were " + size);
      }
      return out;
    }
  }

  /** One page, from bytes to bytes. */
  private interface Pages extends BytesInputDecompressor {
    byte[] unpack(byte[] packed, int size) throws IOException;

    @Override
    default BytesInput decompress(BytesInput packed, int size) throws IOException {
      return BytesInput.from(unpack(packed.toByteArray(), size));
    }

    @Override
    default void decompress(ByteBuffer packed, int packedSize, ByteBuffer out, int size)
        throws IOException {
      byte[] bytes = new byte[packedSize];
      packed.get(bytes);
      out.put(unpack(bytes, size));
    }

    @Override
    default void release() {}
  }
}
