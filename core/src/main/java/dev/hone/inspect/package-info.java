/** What a folder holds, told without reading its weights. */
@NullMarked
package dev.hone.inspect;

import org.jspecify.annotations.NullMarked;
