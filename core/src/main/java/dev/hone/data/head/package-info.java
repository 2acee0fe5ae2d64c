/** Examples as rows that a head reads and answers. */
@NullMarked
package dev.hone.data.head;

import org.jspecify.annotations.NullMarked;
