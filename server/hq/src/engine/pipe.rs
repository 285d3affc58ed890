//! Messages on a pipe: four bytes of length, then so many bytes.

use std::io::{self, Read, Write};

use kahriz_proto::limits::ENGINE_MESSAGE_BYTES_MAX;

pub(super) fn write(pipe: &mut impl Write, message: &[u8]) -> io::Result<()> {
    let len = u32::try_from(message.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    pipe.write_all(&len.to_be_bytes())?;
    pipe.write_all(message)?;
    pipe.flush()
}

/// The next message; `None` if the other side has closed the pipe between two of them.
pub(super) fn read(pipe: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut len = [0; 4];
    match pipe.read_exact(&mut len) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let len = u32::from_be_bytes(len) as usize;
    if len > ENGINE_MESSAGE_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut message = vec![];
    // What the length claims is only reserved as it arrives.
    pipe.take(len as u64).read_to_end(&mut message)?;
    (message.len() == len).then_some(Some(message)).ok_or(io::ErrorKind::UnexpectedEof.into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_cut_off_is_noticed() {
        let mut bytes = vec![];
        write(&mut bytes, b"question").unwrap();
        assert_eq!(read(&mut &bytes[..]).unwrap().unwrap(), b"question");
        assert!(read(&mut &bytes[..bytes.len() - 1]).is_err());
        assert_eq!(read(&mut &[][..]).unwrap(), None);
        assert!(read(&mut &[0xff; 8][..]).is_err());
    }
}
